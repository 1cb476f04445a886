"""What nobody has judged yet, or looked at again in time: balances of interests, screenings (GDPR Art. 6(1)(f), 35)."""

from collections.abc import Iterator
from datetime import date

from services.privacy.register.model import Register


def unreviewed(register: Register, day: date) -> list[str]:
    """What nobody has judged, or looked at again in time, one sentence each."""
    return [*_unscreened(register), *_overdue(register, day)]


def _unscreened(register: Register) -> Iterator[str]:
    for key in register.purposes:
        if key not in register.screenings:
            yield f"screenings.toml: {key} was not screened for an impact assessment (GDPR Art. 35)"


def _overdue(register: Register, day: date) -> Iterator[str]:
    """The day of the review itself is the last one in time."""
    for key, purpose in register.purposes.items():
        if purpose.assessment and purpose.assessment.review_on < day:
            yield f"purposes.toml: {key}.assessment: was to be reviewed on {purpose.assessment.review_on}"
        if key in register.screenings and register.screenings[key].review_on < day:
            yield f"screenings.toml: {key}: was to be reviewed on {register.screenings[key].review_on}"
