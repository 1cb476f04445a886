"""Staff enter a request that came by letter or e-mail: whose it is, and what happens with it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_urlsafe
from uuid import UUID

from services.privacy import arrival
from services.privacy.addresses import mailbox
from services.privacy.cases import rules as case_rules
from services.privacy.cases import store as cases
from services.privacy.cases.rules import Opening
from services.privacy.desk import letter_store, letters, pending, store
from services.privacy.desk.decisions import about
from services.privacy.sealed_addresses import AddressSeal
from shared.clock import now
from shared.contracts import identity
from shared.contracts.privacy import EnterCase
from shared.database import Transaction
from shared.messaging.request_client import RequestClient
from shared.personal_data.subjects import require_live
from shared.problems import Refused, refuse
from shared.tracing import note

FIRST_DAY = datetime(2018, 5, 25, tzinfo=UTC)
"""Since when the GDPR applies."""
UNKNOWN = 404
AT_ONCE = "marketing-objection"
"""Absolute (Art. 21(2), (3)): it waits for nobody's certainty."""


@dataclass(frozen=True)
class Whose:
    """The person of a request, and where to write to."""

    subject_id: UUID
    email: str


async def whose(request: EnterCase, client: RequestClient) -> Whose:
    """Whose address or id it is. Raises Refused: 404 for nobody's, and then nothing is kept anywhere; 422."""
    check(request, now())
    if request.email is not None:
        return await _by_address(request.email, client)
    if request.subject_id is None:
        raise refuse(422, "whose request is it", field="email", message="say the address or the person's id")
    return await _by_id(request.subject_id, client)


async def _by_address(email: str, client: RequestClient) -> Whose:
    """Who uses it, or the one who did before: they are written to where they get mail today."""
    try:
        return Whose((await client.request(identity.FindPerson(email=email))).subject_id, email)
    except Refused as refused:
        former = () if refused.problem.status != UNKNOWN else await _former(email, client)
        if not former:
            raise
    if len(former) > 1:
        raise refuse(422, "whose request is it", field="email", message="several used it before: say the person's id")
    return await _by_id(former[0], client)


async def _former(email: str, client: RequestClient) -> tuple[UUID, ...]:
    return (await client.request(identity.FindFormerUsers(email=email))).former


async def _by_id(subject_id: UUID, client: RequestClient) -> Whose:
    return Whose(subject_id, (await client.request(identity.TellAddress(subject_id=subject_id))).email)


def check(request: EnterCase, moment: datetime) -> None:
    """Raise Refused (422) by the field that can't be."""
    if request.email is not None and request.subject_id is not None:
        raise refuse(422, "whose request is it", field="email", message="either the address or the person's id")
    if not FIRST_DAY <= request.received_at <= moment:
        raise refuse(422, "it cannot have come then", field="received_at", message="not in the future, not before 2018")
    if request.terminate_contract and request.right != "erasure":
        raise refuse(422, "contracts end with an erasure only", field="terminate_contract")


async def enter(
    tx: Transaction, request: EnterCase, person: Whose, by: UUID, seal: AddressSeal, required: Collection[str]
) -> UUID:
    """A new case, or the open one to which it is joined. Raises Refused: 410 after an erasure, 422 for a ground."""
    await require_live(tx, person.subject_id)
    opening = case_rules.grounded(_opening(request, person), request.ground)
    case_id = await cases.open_of(tx, person.subject_id, request.right)
    if case_id is None:
        case_id = await _opened(tx, opening, person, by, seal, required)
    else:
        await _join(tx, case_id, request, by)
    note(case_id=case_id)
    if request.note is not None:
        await store.note(tx, case_id, person.subject_id, by, request.note)
    return case_id


def _opening(request: EnterCase, person: Whose) -> Opening:
    return case_rules.opening(
        person.subject_id,
        right=request.right,
        terminate_contract=request.terminate_contract,
        language=request.language,
        channel=request.channel,
        verified_by="nothing yet",
        received_at=request.received_at,
        cooling_off_s=0,
    )


async def _opened(
    tx: Transaction, opening: Opening, person: Whose, by: UUID, seal: AddressSeal, required: Collection[str]
) -> UUID:
    """Nobody has its token: whoever proves the address gets one."""
    await cases.say(tx, by, opening.channel)
    if opening.right != AT_ONCE:
        return await pending.open_case(tx, opening, token_urlsafe(32), person.email, seal)
    where = (seal.close(person.email), mailbox(seal.keyring, person.email).newest)
    case_id = await cases.open_case(tx, opening, token_urlsafe(32), *where)
    await cases.say_no_more(tx)
    await arrival.begin(tx, case_id, opening, seal.keyring, required)
    return case_id


async def _join(tx: Transaction, case_id: UUID, request: EnterCase, by: UUID) -> None:
    """One more request of the same: the person is told, and nothing is refused or charged (Art. 12(5))."""
    case = await store.locked(tx, case_id)
    await store.note_event(tx, case_id, "staff", f"asked again: {request.channel}", by)
    if case.can_be_written_to:
        await letter_store.issue(tx, case, letters.joined(about(case), case.clock.due_on))
