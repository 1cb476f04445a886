"""Where a person can complain about a refusal (GDPR Art. 12(4), 77, 79): the register's authority and court."""

from dataclasses import dataclass
from datetime import date

from services.privacy.register.loading import register


@dataclass(frozen=True)
class SupervisoryAuthority:
    """The authority by its Polish name."""

    name: str
    address: str
    website: str


def where_to_complain(day: date) -> SupervisoryAuthority:
    """The supervisory authority as it could be reached on `day`."""
    authority = register().authority(day)
    return SupervisoryAuthority(authority.name.pl, authority.address, authority.website)


def court() -> str:
    """The court and the provisions that lead there."""
    remedy = register().court
    return f"{remedy.name} ({remedy.provision})"
