"""What a decision about a purpose covers and needs: pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.problems import refuse
from shared.purposes import KINDS, Purpose

CHANNELS = (Purpose.MARKETING_EMAIL, Purpose.MARKETING_SMS, Purpose.MARKETING_PHONE)
OPEN_TO_CHOICE = (*CHANNELS, Purpose.MARKETING, Purpose.PROFILING, Purpose.ANALYTICS, Purpose.STATISTICS)


@dataclass(frozen=True)
class Decision:
    """What a person decided and how that can be proved; `decided_at` is None for: now."""

    subject_id: UUID
    purpose: str
    given: bool
    text_version: str
    language: str
    surface: str
    method: str
    decided_at: datetime | None = None


def covered(purpose: str, *, given: bool) -> tuple[str, ...]:
    """The purposes a decision rules: an objection to direct marketing ends its channels and its profiling too."""
    if purpose == Purpose.MARKETING and not given:
        return (Purpose.MARKETING, *CHANNELS, Purpose.PROFILING)
    return (purpose,)


def is_absolute(decision: Decision, purpose: str) -> bool:
    """Whether it objects to direct marketing or its profiling, which nothing outweighs (GDPR Art. 21(2), (3))."""
    return not decision.given and purpose in (Purpose.MARKETING, Purpose.PROFILING)


def needs_text(decision: Decision) -> bool:
    """A consent is worth nothing without the words that were agreed to; leaving and objecting need none."""
    return decision.given and KINDS[Purpose(decision.purpose)] == "consent"


def check_purpose(purpose: str, allowed: Collection[str] = OPEN_TO_CHOICE) -> None:
    """Raise Refused (422) for a purpose that is not a person's to choose."""
    if purpose not in allowed:
        raise refuse(422, "no such choice", field="purpose", message=f"one of: {', '.join(allowed)}")
