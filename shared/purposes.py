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
"""What a restriction forbids, in place of a purpose (GDPR Art. 18); before a purpose or a category: this part alone."""


def restricted(subject_id: str, *parts: str) -> str:
    """The SQL condition that a person is restricted, in everything or in one of these purposes and categories of data.

    `subject_id` is the column or parameter that names the person.
    """
    rulings = ", ".join(f"'{EVERYTHING}{part}'" for part in ("", *parts))
    forbidden = f"purpose IN ({rulings}) AND NOT allowed"
    return f"EXISTS (SELECT FROM permission WHERE permission.subject_id = {subject_id} AND {forbidden})"


class ProcessingPurpose(StrEnum):
    """The purposes of the register of processing; its titles are in services/privacy/register/purposes.toml.

    A transaction's Purpose says what PostgreSQL lets it see; a ProcessingPurpose says to people and authorities
    why data are held or given away.
    """

    SALES = "P1"
    ACCOUNTS = "P2"
    CUSTOMER_SERVICE = "P3"
    CONTRACT_REQUESTS = "P4"
    SERVICE_MAIL = "P5"
    TAXES = "P6"
    ACCOUNTING = "P7"
    ACTIVITY_LOG = "P8"
    DIRECT_MARKETING = "P9"
    COMMERCIAL_MESSAGES = "P10"
    SECURITY = "P11"
    USAGE_ANALYSIS = "P12"
    ENQUIRIES = "P13"
    LOYALTY = "P14"
    CONTESTS = "P15"
    DEBT_COLLECTION = "P16"
    LEGAL_PROCEEDINGS = "P17"
    STATISTICS = "P18"
    ACCOUNTABILITY = "P20"
    COOKIES = "P21"
    WINNER_PUBLICATION = "P22"
    PROFILING = "P23"
    DISCLOSURE_LOG = "P24"
