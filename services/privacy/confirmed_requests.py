"""Requests whose address was proved by its code: whose cases they open (GDPR Art. 12(2), 12(6)).

Whoever uses the mailbox today is the one who asks. Whoever used it before may be: their cases wait for an officer, who
makes certain of it, and are told to the address that they use now.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from secrets import token_urlsafe
from uuid import UUID

from services.privacy import arrival, unconfirmed_requests
from services.privacy.cases import store
from services.privacy.cases.rules import Opening
from services.privacy.desk import pending
from services.privacy.desk.asked_again import join
from services.privacy.notices_seen import note_seen
from services.privacy.present_addresses import present_address
from services.privacy.sealed_addresses import AddressSeal
from services.privacy.unconfirmed_requests import STATEMENT, Proved, Request, opening_of
from shared.clock import today
from shared.contracts import identity
from shared.contracts.privacy import ConfirmCase, Right
from shared.database import Database, Transaction
from shared.messaging.request_client import RequestClient
from shared.personal_data.subjects import Standing, lock_subject
from shared.problems import Refused, refuse
from shared.purposes import Purpose
from shared.seals import unseal
from shared.secrets import Keyring

UNKNOWN = 404
CHANNEL, PRESENT = "former e-mail address", "e-mail address"


@dataclass(frozen=True)
class FormerUser:
    """Somebody who used the address before, and where they get mail today, if anywhere."""

    subject_id: UUID
    email: str | None


@dataclass(frozen=True)
class Confirmed:
    """A right that was asked for by an address that is proved: who uses it, if anybody, and who did before."""

    request: Request
    email: str
    subject_id: UUID | None
    former: tuple[FormerUser, ...]
    right: Right
    statement: str | None

    def opening(self, subject_id: UUID, cooling_off_s: float) -> Opening:
        r = self.request
        case = opening_of(subject_id, self.right, r.language, r.received_at, cooling_off_s)
        return replace(
            case, terminate_contract=r.terminate_contract, ground=r.ground, about=r.about, statement=self.statement
        )

    def pending(self, subject_id: UUID) -> Opening:
        """Of a former user; an erasure's cooling-off begins when it is certain who asks."""
        return replace(self.opening(subject_id, 0), channel=CHANNEL, verified_by="nothing yet")


async def confirmed(
    request: ConfirmCase, database: Database, client: RequestClient, keyring: Keyring, seal: AddressSeal
) -> Confirmed | None:
    """Count the try and, when the code is right, ask whose address it is; None for a code that is not valid.

    Raises Unavailable when identity does not answer, Refused (404) when nothing is held about anybody of this address.
    """
    proof = await unconfirmed_requests.proved_for_case(request, database, keyring, seal)
    if proof is None:
        return None
    right = unconfirmed_requests.right_of(proof.request)
    user = await _user(right, proof, client)
    former = await _former(proof.email, client)
    if user is None and not former:  # then that is the answer, and nothing is kept
        async with database.transaction(Purpose.RIGHTS) as tx:
            await unconfirmed_requests.delete(tx, request.request_id)
        raise refuse(404, "we hold nothing about this address", field="email")
    said = proof.request.sealed_statement
    statement = None if said is None else unseal(keyring, STATEMENT, said)
    return Confirmed(proof.request, proof.email, user, former, right, statement)


async def _user(right: Right, proof: Proved, client: RequestClient) -> UUID | None:
    """Whose address it is today."""
    if right == "erasure":  # what waits for a confirmation is nobody's yet, and is erased by the address
        return (await client.request(identity.RecognizePerson(email=proof.email))).subject_id
    try:
        return (await client.request(identity.FindPerson(email=proof.email))).subject_id
    except Refused as refused:
        if refused.problem.status == UNKNOWN:
            return None
        raise


async def _former(email: str, client: RequestClient) -> tuple[FormerUser, ...]:
    found = await client.request(identity.FindFormerUsers(email=email))
    return tuple([FormerUser(person, await _address(person, client)) for person in found.former])


async def _address(subject_id: UUID, client: RequestClient) -> str | None:
    present = await present_address(subject_id, client)
    return present.email if present else None


async def open_cases(
    tx: Transaction, asked: Confirmed, token: str, seal: AddressSeal, required: Collection[str], cooling_off_s: float
) -> UUID | None:
    """Open the case of each person; the token is that of the first, whose id is the answer: None when all have one.

    Who has an open case of the right is told that this is joined to it; it may be somebody else who asks, who gets
    neither its id nor a token for it.
    Raises Refused: 409 when who uses the address alone has one, 410 after erasure.
    """
    living = await _living(tx, asked)
    if not living:
        raise refuse(410, "this person's data was erased")
    opened = []
    if asked.subject_id is not None and not (asked.former and await _joined(tx, asked, asked.subject_id)):
        opening = asked.opening(asked.subject_id, cooling_off_s)
        opened.append(await arrival.open_case(tx, opening, token, asked.email, seal, required))
        await note_seen(tx, asked.subject_id, today(), "privacy request")
    for person in asked.former:
        if person.subject_id in living and not await _joined(tx, asked, person.subject_id):
            its_token = token_urlsafe(32) if opened else token
            opening = asked.pending(person.subject_id)
            opened.append(await pending.open_case(tx, opening, its_token, person.email, seal))
    return opened[0] if opened else None


async def _living(tx: Transaction, asked: Confirmed) -> set[UUID]:
    """Of all of them, locked in the order in which erasures lock people."""
    people = {person.subject_id for person in asked.former} | {asked.subject_id} - {None}
    return {each for each in sorted(filter(None, people)) if await lock_subject(tx, each) is Standing.LIVE}


async def _joined(tx: Transaction, asked: Confirmed, subject_id: UUID) -> bool:
    """Whether the person has an open case of the right, to which this is joined."""
    case_id = await store.open_of(tx, subject_id, asked.right, asked.request.about)
    if case_id is not None:
        await join(tx, case_id, "person", CHANNEL if subject_id != asked.subject_id else PRESENT)
    return case_id is not None
