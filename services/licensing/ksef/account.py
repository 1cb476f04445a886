"""The vendor's account at KSeF: how it is reached, and what goes there."""

from dataclasses import dataclass
from datetime import date

from pydantic import SecretStr

KSEF = "KSeF"
"""As the register of recipients names the Head of the National Revenue Administration."""


@dataclass(frozen=True)
class Certificate:
    """One that KSeF gave for invoices issued while it does not answer; the key is PEM."""

    serial: str
    key: SecretStr


@dataclass(frozen=True)
class Account:
    """`since` is the day from whose issue on invoices go there; `consumers` whether theirs do, too (art. 106gb(4))."""

    url: str
    token: SecretStr
    nip: str
    since: date
    consumers: bool
    outages_url: str
    qr_url: str
    certificate: Certificate | None = None
