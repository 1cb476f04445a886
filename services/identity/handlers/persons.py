"""Who is who, for services that have a confirmed address, and for support that finds two ids to be one person."""

from services.identity import former_addresses, linked_persons, persons
from shared.contracts import identity
from shared.contracts.message import Done
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose
from shared.secrets import Keyring

router = ServiceRouter("identity")


@router.request(identity.RecognizePerson, purpose=Purpose.UPKEEP)
async def recognize_person(request: identity.RecognizePerson, tx: Transaction, keyring: Keyring) -> identity.Recognized:
    return identity.Recognized(subject_id=await persons.recognize(tx, keyring, request.email))


@router.request(identity.FindPerson, purpose=Purpose.UPKEEP)
async def find_person(request: identity.FindPerson, tx: Transaction, keyring: Keyring) -> identity.Recognized:
    return identity.Recognized(subject_id=await persons.find(tx, keyring, request.email))


@router.request(identity.FindFormerUsers, purpose=Purpose.UPKEEP)
async def find_former_users(
    request: identity.FindFormerUsers, tx: Transaction, keyring: Keyring
) -> identity.FormerUsers:
    return identity.FormerUsers(former=tuple(await former_addresses.former_users(tx, keyring, request.email)))


@router.request(identity.LinkPersons, purpose=Purpose.UPKEEP)
async def link_persons(request: identity.LinkPersons, tx: Transaction) -> Done:
    await linked_persons.link(tx, request)
    return Done()
