"""What may go on while a person is restricted (GDPR Art. 18(2)), in one place: nothing else does.

Purposes that rest on consent or legitimate interest see no row of a restricted person (kit_0010.sql). Rights, legal
duty, claims and erasure go on by the law, and upkeep stores. In between is what serves a contract or an account: of it
goes on what stands here, with its reason; the rest is refused until the restriction is lifted.
"""

from collections.abc import Mapping
from enum import StrEnum


class GoesOn(StrEnum):
    """Why something goes on."""

    CONTRACT = "a contract that runs is kept, as its person asked when restricting"
    CLAIMS = "it serves a claim, the person's or the vendor's"
    SECURITY = "it protects the account"


REQUESTS: Mapping[str, GoesOn] = {
    "licensing.list-licenses": GoesOn.CONTRACT,
    "licensing.reveal-license": GoesOn.CONTRACT,
    "licensing.rotate-license": GoesOn.SECURITY,
    "licensing.restore-license": GoesOn.CONTRACT,
    "licensing.deactivate-device": GoesOn.CONTRACT,
    "licensing.issue-offline-file": GoesOn.CONTRACT,
    "licensing.end-license": GoesOn.CONTRACT,
    "licensing.list-orders": GoesOn.CONTRACT,
    "licensing.resend-confirmation": GoesOn.CONTRACT,
    "licensing.cancel-order": GoesOn.CONTRACT,
    "licensing.offer-withdrawal": GoesOn.CLAIMS,
    "licensing.withdraw-order": GoesOn.CLAIMS,
    "licensing.start-payment": GoesOn.CLAIMS,
    "licensing.read-payment": GoesOn.CLAIMS,
    "licensing.list-invoices": GoesOn.CLAIMS,
    "licensing.read-invoice": GoesOn.CLAIMS,
    "licensing.read-invoice-document": GoesOn.CLAIMS,
}
"""Of the requests about a person that are answered for the purposes `contract` and `security`.

What names no person (validating a license by its key, signing in, a new password) goes on.
"""

SERVICE_MAIL: Mapping[str, GoesOn] = {
    "payment-received": GoesOn.CONTRACT,
    "payment-due": GoesOn.CLAIMS,
    "transfer-awaited": GoesOn.CLAIMS,
    "license-issued": GoesOn.CONTRACT,
    "trial-started": GoesOn.CONTRACT,
    "license-renewed": GoesOn.CONTRACT,
    "refund-made": GoesOn.CLAIMS,
    "refund-undone": GoesOn.CLAIMS,
    "license-suspended": GoesOn.CLAIMS,
    "license-reinstated": GoesOn.CONTRACT,
    "license-revoked": GoesOn.CLAIMS,
    "person-banned": GoesOn.CLAIMS,
    "ban-lifted": GoesOn.CONTRACT,
    "dispute-opened": GoesOn.CLAIMS,
    "dispute-won": GoesOn.CLAIMS,
    "dispute-lost": GoesOn.CLAIMS,
    "withdrawal-received": GoesOn.CLAIMS,
    "contract-concluded": GoesOn.CONTRACT,
    "contract-ended": GoesOn.CLAIMS,
    "license-expired": GoesOn.CLAIMS,
    "contract-restored": GoesOn.CONTRACT,
    "password-changed": GoesOn.SECURITY,
    "already-registered": GoesOn.SECURITY,
    "email-change-asked": GoesOn.SECURITY,
    "email-changed": GoesOn.SECURITY,
    "password-reset": GoesOn.SECURITY,
}
"""Of the templates of service mail; another one waits, for as long as a mail may wait."""
