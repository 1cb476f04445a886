"""What identifies people is gathered just before their erasure is ordered; sealed, and for the search alone.

An order waits for it a short while only: a participant that is down holds up nobody, and the certificate names it.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass

from services.privacy.loops import DISPATCHER
from services.privacy.sealed_addresses import AddressSeal
from services.privacy.traces import rules, store
from services.privacy.traces.rules import DueCase
from shared.contracts.trace_search import IdentifyingValues, ReadIdentifyingValues
from shared.database import Database
from shared.messaging.request_client import RequestClient
from shared.observability import log
from shared.problems import Refused
from shared.purposes import Purpose
from shared.seals import seal

MAX_CASES = 500
USE = "traces"


@dataclass(frozen=True)
class _Answered:
    """What each participant told; None from one that did not answer."""

    by: dict[str, IdentifyingValues | None]

    @property
    def silent(self) -> list[str]:
        return [service for service, values in self.by.items() if values is None]

    @property
    def values(self) -> list[IdentifyingValues]:
        return [values for values in self.by.values() if values is not None]


async def gather(database: Database, client: RequestClient, addresses: AddressSeal, patience_s: float) -> bool:
    """Gather for the cases that are to be ordered; answers whether more may be waiting."""
    async with database.transaction(Purpose.ERASURE) as tx:
        waiting = await store.due(tx, MAX_CASES, patience_s)
        services = await store.participants(tx) if waiting else []
    if not waiting:
        return False
    due = rules.in_one_question(waiting)
    more = len(waiting) == MAX_CASES or len(due) < len(waiting)
    answered = await _ask(services, due, client)
    if silent := answered.silent:
        log.warning("values of people to be erased were not told", participant=",".join(silent))
        due = [case for case in due if case.out_of_patience]
    await _keep(database, due, answered, addresses)
    return more and bool(due)


async def _ask(services: Sequence[str], cases: Sequence[DueCase], client: RequestClient) -> _Answered:
    question = ReadIdentifyingValues(subjects=tuple({subject for case in cases for subject in case.subjects}))

    async def ask(service: str) -> IdentifyingValues | None:
        try:
            return await client.request(question, to=service)
        except Refused:
            return None

    return _Answered(dict(zip(services, await asyncio.gather(*map(ask, services)), strict=True)))


async def _keep(database: Database, cases: Sequence[DueCase], answered: _Answered, addresses: AddressSeal) -> None:
    told = rules.by_subject(answered.values)
    values = [rules.values_of(case, told, addresses.open_all(filter(None, [case.sealed_address]))) for case in cases]
    sealed = {
        case.case_id: seal(addresses.keyring, USE, json.dumps(of_case.sought)) if of_case.sought else None
        for case, of_case in zip(cases, values, strict=True)
    }
    async with database.transaction(Purpose.ERASURE) as tx:
        counts = [(len(of_case.sought), of_case.too_short) for of_case in values]
        await store.gathered(tx, sealed, counts, answered.silent)
        tx.wake(DISPATCHER)
