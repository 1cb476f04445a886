"""What the vendor's program asks with a license key, without a session."""

from services.licensing.licenses import validation
from shared.contracts import licensing
from shared.contracts.message import Done
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("licensing")


@router.request(licensing.ValidateLicense, purpose=Purpose.CONTRACT)
async def validate_license(request: licensing.ValidateLicense, tx: Transaction) -> licensing.Validation:
    return await validation.validate(tx, request)


@router.request(licensing.ActivateLicense, purpose=Purpose.CONTRACT)
async def activate_license(request: licensing.ActivateLicense, tx: Transaction) -> licensing.Validation:
    return await validation.activate(tx, request)


@router.request(licensing.DeactivateLicense, purpose=Purpose.CONTRACT)
async def deactivate_license(request: licensing.DeactivateLicense, tx: Transaction) -> Done:
    """Repeating it changes nothing."""
    await validation.deactivate(tx, request)
    return Done()
