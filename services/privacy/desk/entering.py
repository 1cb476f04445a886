"""Staff enter a request that came by letter or e-mail: whose it is, and what happens with it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from secrets import token_urlsafe
from uuid import UUID

from services.privacy import arrival
from services.privacy.addresses import mailbox
from services.privacy.cases import rules as case_rules
from services.privacy.cases import store as cases
from services.privacy.cases.rules import Opening
from services.privacy.desk import pending, store
from services.privacy.desk.asked_again import join
from services.privacy.present_addresses import present_address
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
"""Absolute (Art. 21(2), (3)): it waits for nobody's certainty, but of whoever used an address that others used, too."""


@dataclass(frozen=True)
class Whose:
    """The person of a request, and where to write to; `doubtful`: another one used the address that it names, too."""

    subject_id: UUID
    email: str | None
    doubtful: bool = False


async def whose(request: EnterCase, client: RequestClient) -> tuple[Whose, ...]:
    """Whose address or id it is. Raises Refused: 404 for nobody's, and then nothing is kept anywhere; 422."""
    check(request, now())
    if request.email is not None:
        return await _by_address(request, request.email, client)
    if request.subject_id is None:
        raise refuse(422, "whose request is it", field="email", message="say the address or the person's id")
    email = (await client.request(identity.TellAddress(subject_id=request.subject_id))).email
    return (Whose(request.subject_id, email),)


async def _by_address(request: EnterCase, email: str, client: RequestClient) -> tuple[Whose, ...]:
    """Who uses it and who did before, as by the public form; those are written to where they get mail today."""
    present = await _present(email, client)
    found = (await client.request(identity.FindFormerUsers(email=email))).former
    several = len(present) + len(found) > 1
    if not present and not found:
        raise refuse(404, "nobody has this address", field="email")
    if several and request.note is not None:
        message = "several used the address: note it once it is certain whose it is"
        raise refuse(422, "a note is about one person", field="note", message=message)
    return (*present, *[Whose(each, await _address(each, client), doubtful=several) for each in found])


async def _present(email: str, client: RequestClient) -> tuple[Whose, ...]:
    try:
        return (Whose((await client.request(identity.FindPerson(email=email))).subject_id, email),)
    except Refused as refused:
        if refused.problem.status != UNKNOWN:
            raise
        return ()


async def _address(subject_id: UUID, client: RequestClient) -> str | None:
    present = await present_address(subject_id, client)
    return present.email if present else None


def check(request: EnterCase, moment: datetime) -> None:
    """Raise Refused (422) by the field that can't be."""
    if request.email is not None and request.subject_id is not None:
        raise refuse(422, "whose request is it", field="email", message="either the address or the person's id")
    if not FIRST_DAY <= request.received_at <= moment:
        raise refuse(422, "it cannot have come then", field="received_at", message="not in the future, not before 2018")
    if request.terminate_contract and request.right != "erasure":
        raise refuse(422, "contracts end with an erasure only", field="terminate_contract")


async def enter(
    tx: Transaction,
    request: EnterCase,
    people: Collection[Whose],
    by: UUID,
    seal: AddressSeal,
    required: Collection[str],
) -> UUID:
    """A case for each of the people, new or the open one to which this is joined; the answer is the first. Where
    several used the address each case names the others. Raises Refused: 410 after an erasure, 422 for a ground."""
    for person in sorted(people, key=attrgetter("subject_id")):  # as erasures lock them
        await require_live(tx, person.subject_id)
    cases_of = [await _entered(tx, request, person, by, seal, required) for person in people]
    for case_id in cases_of if len(cases_of) > 1 else ():
        others = ", ".join(str(each) for each in cases_of if each != case_id)
        await store.note_event(tx, case_id, "staff", f"the address was used by several, see: {others}", by)
    return cases_of[0]


async def _entered(
    tx: Transaction, request: EnterCase, person: Whose, by: UUID, seal: AddressSeal, required: Collection[str]
) -> UUID:
    opening = case_rules.grounded(_opening(request, person), request.ground)
    case_id = await cases.open_of(tx, person.subject_id, request.right)
    if case_id is None:
        case_id = await _opened(tx, opening, person, by, seal, required)
    else:
        await join(tx, case_id, "staff", request.channel, by)
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
    if opening.right != AT_ONCE or person.doubtful or person.email is None:
        return await pending.open_case(tx, opening, token_urlsafe(32), person.email, seal)
    where = (seal.close(person.email), mailbox(seal.keyring, person.email).newest)
    case_id = await cases.open_case(tx, opening, token_urlsafe(32), *where)
    await cases.say_no_more(tx)
    await arrival.begin(tx, case_id, opening, seal.keyring, required)
    return case_id
