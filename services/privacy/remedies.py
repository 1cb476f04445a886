"""Where a person can complain about a refusal (GDPR Art. 12(4), 77, 79): the register's authority and court."""

from datetime import date
from typing import Any

from services.privacy.register.loading import register


def where_to_complain(day: date) -> dict[str, str]:
    """The supervisory authority as it could be reached on `day`, by its Polish name."""
    found = register().authority(day)
    return {"name": found.name.pl, "address": found.address, "website": found.website}


def court() -> str:
    """The court and the provisions that lead there."""
    found = register().court
    return f"{found.name} ({found.provision})"


def remedies(day: date) -> dict[str, Any]:
    """What a refusal must say besides its reasons."""
    return {
        "notice": "Part of the request was refused for the reasons listed under `kept`.",
        "complaint_to": where_to_complain(day),
        "court": court(),
        "sent_on": day.isoformat(),
    }
