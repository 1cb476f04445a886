"""Opening, reading and withdrawing erasure cases."""

from uuid import uuid4

from services.privacy.cases import rules, store
from services.privacy.sealing import Seal
from services.privacy.settings import PrivacySettings
from shared.clock import now
from shared.contracts import identity, privacy
from shared.contracts.message import Created, Done
from shared.database import Database, Transaction
from shared.messaging.idempotency import Claim
from shared.messaging.request_client import RequestClient
from shared.messaging.router import ServiceRouter
from shared.personal_data.subjects import Standing, lock_subject
from shared.problems import refuse
from shared.purposes import Purpose

router = ServiceRouter("privacy")


@router.request(privacy.OpenCase, purpose=Purpose.RIGHTS)
async def open_case(
    request: privacy.OpenCase,
    database: Database,
    client: RequestClient,
    seal: Seal,
    settings: PrivacySettings,
    claim: Claim,
) -> Created:
    """Open an erasure case for a signed-in member whose session is fresh."""
    rules.check_fresh(request.authenticated_at, now(), settings.reauthentication_minutes)
    address = await client.request(identity.TellAddress(subject_id=request.subject_id))
    opening = rules.opening(
        request.subject_id,
        terminate_contract=request.terminate_contract,
        language=request.language,
        channel="member",
        verified_by="fresh session",
        received_at=now(),
        cooling_off_s=settings.cooling_off_s,
    )
    async with database.transaction(Purpose.RIGHTS) as tx:
        if before := await claim.recall(tx):
            return before
        created = await admit(tx, opening, request.token, seal.close(address.email))
        return await claim.complete(tx, created.id)


async def admit(tx: Transaction, opening: rules.Opening, token: str, sealed: bytes | None) -> Created:
    """Store the case and wake the dispatcher. Raises Refused (409) when one is open, 410 after erasure."""
    if await lock_subject(tx, opening.subject_id) is Standing.ERASED:
        raise refuse(410, "this person's data was erased")
    case_id = uuid4()
    if not await store.insert(tx, case_id, opening, token, sealed):
        raise refuse(409, "an erasure case is open already", field="right", message="follow the open case")
    tx.wake("letters")
    if opening.run_at <= now():
        tx.wake("dispatcher")
    return Created(id=case_id)


@router.request(privacy.ReadCase, purpose=Purpose.RIGHTS)
async def read_case(request: privacy.ReadCase, tx: Transaction) -> privacy.Case:
    """The case of a token, with each participant's progress."""
    return await store.by_token(tx, request.token)


@router.request(privacy.ReadCases, purpose=Purpose.RIGHTS)
async def read_cases(request: privacy.ReadCases, tx: Transaction) -> privacy.Cases:
    """A member's cases."""
    found = await store.of_person(tx, request.subject_id)
    if request.case_id is None:
        return privacy.Cases(cases=found)
    mine = tuple(case for case in found if case.case_id == request.case_id)
    if not mine:
        raise refuse(404, "no such case")
    return privacy.Cases(cases=mine)


@router.request(privacy.WithdrawCase, purpose=Purpose.RIGHTS)
async def withdraw_case(request: privacy.WithdrawCase, tx: Transaction) -> Done:
    """Take a waiting request back; once ordered it is too late."""
    state = await store.withdraw(tx, request.token, request.member, request.case_id)
    if state is None:
        raise refuse(404, "no such case")
    if state != "withdrawn":
        raise refuse(409, "the case can't be withdrawn any more", message=f"it is {state}")
    tx.wake("letters")
    return Done()
