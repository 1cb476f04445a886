"""What the pictures on an invoice say: that KSeF has this very document, and that the seller issued it.

The address, and for KOD II the signature, are as KSeF's documentation of its QR codes has them.
"""

from base64 import urlsafe_b64encode
from hashlib import sha256

from services.licensing.invoices.rules import Invoice
from services.licensing.ksef.account import Account


def invoice_link(account: Account, invoice: Invoice, document: bytes) -> str:
    """KOD I: seller, day and hash of the document."""
    told = urlsafe_b64encode(sha256(document).digest()).decode().rstrip("=")
    return f"{account.qr_url}/invoice/{invoice.seller_nip}/{invoice.issued_on:%d-%m-%Y}/{told}"


def certificate_link(account: Account, invoice: Invoice, document: bytes) -> str:
    """KOD II, for an invoice that leaves before KSeF has it: signed with the seller's certificate of KSeF.

    Empty without a certificate. The key, an elliptic or RSA one, signs the address without its scheme.
    """
    if account.certificate is None:
        return ""
    from ksef_client import KsefClientOptions  # noqa: PLC0415 its library is half of a service's start
    from ksef_client.services.verification_link import VerificationLinkService  # noqa: PLC0415

    return VerificationLinkService(
        KsefClientOptions(account.url, base_qr_url=account.qr_url)
    ).build_certificate_verification_url(
        seller_nip=invoice.seller_nip,
        context_identifier_type="Nip",
        context_identifier_value=account.nip,
        certificate_serial=account.certificate.serial,
        invoice_hash=urlsafe_b64encode(sha256(document).digest()).decode(),
        private_key_pem=account.certificate.key.get_secret_value(),
    )
