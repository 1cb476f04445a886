"""A member opens, reads and withdraws cases."""

from services.privacy import arrival
from services.privacy.cases import rules, store
from services.privacy.notices_seen import note_seen
from services.privacy.register.model import Register
from services.privacy.sealed_addresses import AddressSeal
from services.privacy.settings import PrivacySettings
from services.privacy.withdrawal import withdraw
from shared.clock import now, today
from shared.contracts import identity, privacy
from shared.contracts.message import Created, Done
from shared.database import Transaction
from shared.messaging.request_client import RequestClient
from shared.messaging.router import ServiceRouter
from shared.problems import refuse
from shared.purposes import Purpose

router = ServiceRouter("privacy")


async def ask_address(request: privacy.OpenCase, client: RequestClient) -> identity.Address:
    """Where to write to."""
    return await client.request(identity.TellAddress(subject_id=request.subject_id))


@router.request(privacy.OpenCase, purpose=Purpose.RIGHTS, prepare=ask_address)
async def open_case(
    request: privacy.OpenCase,
    tx: Transaction,
    prepared: identity.Address,
    seal: AddressSeal,
    settings: PrivacySettings,
    register: Register,
) -> Created:
    """Open a case for a signed-in member whose session is fresh."""
    topics = rules.Topics(register.decisions, register.categories)
    opening = rules.members_opening(request, now(), settings.cooling_off_s, topics)
    opened = await arrival.open_case(tx, opening, request.token, prepared.email, seal, settings.required)
    await note_seen(tx, request.subject_id, today(), "privacy request")
    return Created(id=opened)


@router.request(privacy.ReadCase, purpose=Purpose.RIGHTS)
async def read_case(request: privacy.ReadCase, tx: Transaction) -> privacy.Case:
    return await store.by_token(tx, request.token)


@router.request(privacy.ReadCases, purpose=Purpose.RIGHTS)
async def read_cases(request: privacy.ReadCases, tx: Transaction) -> privacy.Cases:
    cases = await store.of_person(tx, request.subject_id)
    if request.case_id is not None:
        cases = tuple(case for case in cases if case.case_id == request.case_id)
        if not cases:
            raise refuse(404, "no such case")
    return privacy.Cases(cases=cases)


@router.request(privacy.WithdrawCase, purpose=Purpose.RIGHTS)
async def withdraw_case(request: privacy.WithdrawCase, tx: Transaction) -> Done:
    """Take a request back; once an erasure is ordered it is too late."""
    await withdraw(tx, token=request.token)
    return Done()


@router.request(privacy.WithdrawOwnCase, purpose=Purpose.RIGHTS)
async def withdraw_own_case(request: privacy.WithdrawOwnCase, tx: Transaction) -> Done:
    await withdraw(tx, member=request.subject_id, case_id=request.case_id)
    return Done()
