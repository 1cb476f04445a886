"""The address book: who gets mail where."""

from shared.contracts import identity
from shared.database import Transaction
from shared.messaging.requests import refuse
from shared.messaging.router import ServiceRouter
from shared.personal_data.purposes import Purpose

router = ServiceRouter("identity")

ADDRESS = "SELECT email, full_name, language FROM account WHERE subject_id = $1"


@router.request(identity.TellAddress, purpose=Purpose.RIGHTS)
async def tell_address(request: identity.TellAddress, tx: Transaction) -> identity.Address:
    """The delivery address of a person."""
    row = await tx.row(ADDRESS, request.subject_id)
    if row is None:
        raise refuse(404, "no address of this person")
    return identity.Address.model_validate(dict(row))
