"""Where a person can complain about a refusal (GDPR Art. 12(4), 77, 79), as data with its date."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Authority:
    """A supervisory authority and the day from which its address holds."""

    name: str
    address: str
    website: str
    valid_from: date


AUTHORITIES = (
    Authority(
        "Prezes Urzędu Ochrony Danych Osobowych", "ul. Stawki 2, 00-193 Warszawa", "uodo.gov.pl", date(2018, 5, 25)
    ),
    Authority(
        "Prezes Urzędu Ochrony Danych Osobowych",
        "ul. Stanisława Moniuszki 1A, 00-014 Warszawa",
        "uodo.gov.pl",
        date(2025, 7, 1),
    ),
)
COURT = "sąd okręgowy (GDPR Art. 79; Act of 10 May 2018 on personal data protection, art. 92-93)"


def authority(day: date) -> Authority:
    """The authority as it could be reached on `day`."""
    return max((a for a in AUTHORITIES if a.valid_from <= day), key=lambda a: a.valid_from)


def remedies(day: date) -> dict[str, Any]:
    """What a refusal must say besides its reasons."""
    where = asdict(authority(day)) | {"valid_from": None}
    return {
        "notice": "Part of the request was refused for the reasons listed under `kept`.",
        "complaint_to": {key: value for key, value in where.items() if value},
        "court": COURT,
        "sent_on": day.isoformat(),
    }
