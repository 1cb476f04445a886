"""What the vendor's program asks with a license key, without a session."""

from services.licensing.licenses import offline, validation
from services.licensing.licenses.keys import KeyMint
from services.licensing.licenses.offline import Notary
from shared.contracts import licensing
from shared.contracts.message import Done
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("licensing")


@router.request(licensing.ValidateLicense, purpose=Purpose.CONTRACT)
async def validate_license(request: licensing.ValidateLicense, tx: Transaction, notary: Notary) -> licensing.Validation:
    return offline.answered(await validation.validate(tx, request), request, notary)


@router.request(licensing.ActivateLicense, purpose=Purpose.CONTRACT)
async def activate_license(
    request: licensing.ActivateLicense, tx: Transaction, notary: Notary, mint: KeyMint
) -> licensing.Validation:
    return offline.answered(await validation.activate(tx, request, mint.keyring), request, notary)


@router.request(licensing.DeactivateLicense, purpose=Purpose.CONTRACT)
async def deactivate_license(request: licensing.DeactivateLicense, tx: Transaction) -> Done:
    """Repeating it changes nothing."""
    await validation.deactivate(tx, request)
    return Done()


@router.request(licensing.CheckOutLicense, purpose=Purpose.CONTRACT)
async def check_out_license(
    request: licensing.CheckOutLicense, tx: Transaction, notary: Notary
) -> licensing.LicenseFile:
    return await offline.check_out(tx, request, notary)


@router.request(licensing.ReadLicenseKeys, purpose=Purpose.CONTRACT)
async def read_license_keys(_request: licensing.ReadLicenseKeys, notary: Notary) -> licensing.LicenseKeys:
    return notary.keys.published
