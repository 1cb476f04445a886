"""The purposes a transaction can declare; PostgreSQL decides by them what is visible (GDPR Art. 5(1)(b))."""

from enum import StrEnum
from typing import Literal

Kind = Literal["upkeep", "kept", "consent", "interest"]


class Purpose(StrEnum):
    """Why a transaction touches personal data."""

    UPKEEP = "upkeep"
    SECURITY = "security"
    CONTRACT = "contract"
    ERASURE = "erasure"
    RIGHTS = "rights"
    LEGAL_DUTY = "legal-duty"
    CLAIMS = "claims"
    MARKETING = "direct-marketing"
    MARKETING_EMAIL = "direct-marketing.email"
    MARKETING_SMS = "direct-marketing.sms"
    MARKETING_PHONE = "direct-marketing.phone"
    PROFILING = "profiling"
    ANALYTICS = "analytics"
    STATISTICS = "statistics"
    EXPORT = "export"
    RETENTION = "retention"


KINDS: dict[Purpose, Kind] = {
    Purpose.UPKEEP: "upkeep",
    Purpose.SECURITY: "upkeep",
    Purpose.CONTRACT: "upkeep",
    # the four that may still see what the law keeps after an erasure
    Purpose.ERASURE: "kept",
    Purpose.RIGHTS: "kept",
    Purpose.LEGAL_DUTY: "kept",
    Purpose.CLAIMS: "kept",
    # resting on consent: a permission that allows must be there (PKE art. 398, GDPR Art. 6(1)(a))
    Purpose.MARKETING_EMAIL: "consent",
    Purpose.MARKETING_SMS: "consent",
    Purpose.MARKETING_PHONE: "consent",
    # resting on legitimate interest: no permission may forbid (GDPR Art. 6(1)(f), 21)
    Purpose.MARKETING: "interest",
    Purpose.PROFILING: "interest",
    Purpose.ANALYTICS: "interest",
    Purpose.STATISTICS: "interest",
    Purpose.EXPORT: "interest",
    Purpose.RETENTION: "interest",
}

EVERYTHING = "*"
"""The permission row that restricts every use (GDPR Art. 18)."""
