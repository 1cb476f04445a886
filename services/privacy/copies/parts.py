"""Gathering a copy: each participant is asked page by page, and what it tells is encrypted before it is stored.

Values are in memory and in transient replies only. A participant that is down, or tells nonsense, is asked again with
growing waits and holds up its own copies alone; nothing is released without it.
"""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from services.privacy.copies import package, rules, store
from services.privacy.copies.package import MANIFEST, DamagedError, Place
from services.privacy.copies.rules import Manifest, Reached
from services.privacy.copies.store import Part
from services.privacy.data_map import DATA_MAP
from services.privacy.loops import COPIES, LETTERS
from services.privacy.register.model import Register
from shared.clock import now
from shared.contracts.participants import CopyPage, ReadCopy
from shared.database import Database, Transaction
from shared.law.calendar import in_force
from shared.law.retention.policies import COPY
from shared.loops import backoff
from shared.messaging.request_client import RequestClient
from shared.observability import log
from shared.personal_data import copies
from shared.problems import Refused, refuse
from shared.purposes import Purpose
from shared.secrets import Keyring

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 300.0
PAGE_TIMEOUT_S = 10.0
CHANGED = 409
"""A participant works by another data map than that of the pages before."""


async def begin(tx: Transaction, case_id: UUID, subject_id: UUID, keyring: Keyring, required: Collection[str]) -> None:
    """Ask everybody. Raises Refused (409) when the person's erasure has begun: half of it would be gone."""
    if await store.erasure_is_under_way(tx, subject_id):
        raise refuse(409, "the erasure is under way", field="right", message="it is too late for a copy")
    await store.begin(tx, case_id, subject_id, package.seal_key(keyring, package.new_key()), required)
    tx.wake(COPIES)


async def gather(part: Part, database: Database, client: RequestClient, keyring: Keyring, register: Register) -> None:
    """Ask one participant until it has told everything, or put it off."""
    going_on: Part | None = part
    try:
        key = package.open_key(keyring, part.sealed_key)
        while going_on is not None:
            part = going_on
            going_on = await _one_page(part, key, database, client, register)
    except DamagedError:
        async with database.transaction(Purpose.RIGHTS) as tx:
            await gather_anew(tx, part.case_id, part.subject_id, keyring)
    except Refused as refused:
        await _put_off(part, refused, database)


async def _one_page(
    part: Part, key: bytes, database: Database, client: RequestClient, register: Register
) -> Part | None:
    """Keep one page; None after the last one, and when somebody else has gone on with the part."""
    before = _reached(part, key)
    asked = ReadCopy(subjects=tuple(part.subjects), after=before.after)
    page = await _page(part.service, asked, database, client)
    reached = rules.check(asked, page, before, part.pages)
    chunk = rules.chosen(part.right, register, part.service, page)
    place = Place(part.case_id, part.service, part.chunks)
    sealed = package.seal_chunk(key, place, chunk.model_dump_json().encode()) if chunk.tables else None
    sealed_reached = package.seal_chunk(key, _end(part, part.pages + 1), reached.model_dump_json().encode())
    async with database.transaction(Purpose.RIGHTS) as tx:
        return await store.go_on(tx, part, sealed, sealed_reached, chunk.rows, done=not page.next)


def _reached(part: Part, key: bytes) -> Reached:
    if part.reached is None:
        return Reached()
    return Reached.model_validate_json(package.open_chunk(key, _end(part, part.pages), part.reached))


def _end(part: Part, pages: int) -> Place:
    """What is sealed of the end of so many pages is never taken for a chunk."""
    return Place(part.case_id, f"end of {part.service}", pages)


async def _page(service: str, asked: ReadCopy, database: Database, client: RequestClient) -> CopyPage:
    """What a participant holds; privacy's own tables are read without the broker."""
    if service != database.service:
        return await client.request(asked, to=service, timeout_s=PAGE_TIMEOUT_S)
    async with database.transaction(Purpose.RIGHTS) as tx:
        return await copies.page(tx, DATA_MAP, asked)


async def _put_off(part: Part, refused: Refused, database: Database) -> None:
    log.warning("copy waits", participant=part.service, attempt=part.attempts, reason=refused.problem.title)
    async with database.transaction(Purpose.RIGHTS) as tx:
        if refused.problem.status == CHANGED:
            await store.part_anew(tx, part)
        await store.put_off(tx, part, backoff(part.attempts, FIRST_WAIT_S, LONGEST_WAIT_S))


async def gather_anew(tx: Transaction, case_id: UUID, subject_id: UUID, keyring: Keyring) -> None:
    """With a new key: what was encrypted with the one that is lost can't be read by anybody."""
    await store.gather_anew(tx, case_id, subject_id, package.seal_key(keyring, package.new_key()))
    tx.wake(COPIES)
    log.error("copy was lost or damaged, gathering it anew")


async def release(tx: Transaction, keyring: Keyring) -> bool:
    """Make a copy whole for which everybody has answered; answers whether there was one."""
    copy = await store.lock_complete(tx)
    if copy is None:
        return False
    try:
        key = package.open_key(keyring, copy.sealed_key)
    except DamagedError:
        await gather_anew(tx, copy.case_id, copy.subject_id, keyring)
        return True
    parts, words = await store.parts(tx, copy.case_id), await store.consent_words(tx, copy.case_id)
    manifest = Manifest.of(copy, parts, words, now(), await store.chunks_digest(tx, copy.case_id))
    sealed = package.seal_chunk(key, Place(copy.case_id, MANIFEST, 0), manifest.model_dump_json().encode())
    await store.release(
        tx, copy, sealed, manifest.made_at + timedelta(days=in_force(COPY, manifest.made_at.date()).days)
    )
    tx.wake(LETTERS)
    log.info("copy is ready", case_id=str(copy.case_id))
    return True
