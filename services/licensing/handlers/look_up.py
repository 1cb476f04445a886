"""Staff look up what somebody bought; the look is noted before anything is shown, in the same transaction."""

from uuid import UUID

from services.licensing import looks
from services.licensing.invoices import store as invoices
from services.licensing.licenses import store as licenses
from services.licensing.licenses.views import published
from services.licensing.orders import store as orders
from shared.clock import now
from shared.contracts import identity, licensing
from shared.contracts.actors import Actor
from shared.database import Transaction
from shared.messaging.request_client import RequestClient
from shared.messaging.router import ServiceRouter
from shared.personal_data.subjects import Standing, lock_subject
from shared.purposes import Purpose

router = ServiceRouter("licensing")


async def ask(request: licensing.LookUpSales, client: RequestClient) -> UUID | None:
    """Who has the address, where one is named. Raises Refused (404) for nobody's."""
    if request.email is None:
        return None
    return (await client.request(identity.FindPerson(email=request.email))).subject_id


@router.request(licensing.LookUpSales, purpose=Purpose.CLAIMS, prepare=ask)
async def look_up_sales(
    request: licensing.LookUpSales, tx: Transaction, actor: Actor, prepared: UUID | None
) -> licensing.FoundBuyers:
    found = await looks.find(tx, request, prepared)
    for person in found:
        if await lock_subject(tx, person) is Standing.LIVE:
            await looks.note(tx, person, request.purpose, actor.id, now())
    return licensing.FoundBuyers(buyers=tuple([await _buyer(tx, person) for person in found]))


async def _buyer(tx: Transaction, person: UUID) -> licensing.FoundBuyer:
    standing = await looks.standing(tx, person)
    bought, issued = await orders.of_person(tx, person), await invoices.of_person(tx, person)
    return licensing.FoundBuyer(
        person_id=person,
        erased=not standing.live,
        banned=standing.banned,
        orders=tuple(licensing.Order.model_validate(order, from_attributes=True) for order in bought),
        licenses=tuple(published(license_, ()) for license_ in await licenses.of_person(tx, person)),
        invoices=tuple(licensing.FoundInvoice.model_validate(each, from_attributes=True) for each in issued),
    )
