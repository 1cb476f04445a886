"""What may be done with a notice, and when: pure."""

import hashlib
from datetime import date
from typing import NoReturn

from shared.contracts.privacy.notices import NoticeState
from shared.problems import refuse

OPEN: tuple[NoticeState, ...] = ("drafted", "approved")
REGISTER = "register"
"""Who drafted or withdrew, when none of the staff did: the register changed."""


def digest(content_hash: bytes, compared_with: bytes | None) -> str:
    """By this an officer approves: it covers the text and what its difference was shown against."""
    return hashlib.sha256(content_hash + (compared_with or b"")).hexdigest()


def check_approval(state: NoticeState, digest: str, present: str) -> None:
    """Raises Refused (409): it is no draft, or no longer the one that was shown."""
    if state != "drafted":
        _refuse_in(state, "approved")
    if digest != present:
        raise refuse(
            409, "the draft has changed since", field="digest", message="read the draft and its difference again"
        )


def check_publication(state: NoticeState, approved: str | None, present: str) -> None:
    """Raises Refused (409): nobody approved it, or not what it would change now."""
    if state != "approved":
        _refuse_in(state, "published")
    if approved != present:
        raise refuse(409, "what it changes is not what was approved", message="withdraw it and approve it anew")


def check_day(effective_on: date, today: date, soonest: date, days_of_notice: int) -> None:
    """Raises Refused (422): the day is over, or too soon for what people have to be told first (GDPR Art. 13(3))."""
    if effective_on < today:
        raise refuse(422, "the day is over", field="effective_on", message="today or later")
    if effective_on < soonest:
        why = f"new purposes are told {days_of_notice} days before: {soonest.isoformat()} or later"
        raise refuse(422, "people have to be told before", field="effective_on", message=why)


def check_withdrawal(state: NoticeState, effective_on: date | None, today: date) -> None:
    """Raises Refused (409): it is withdrawn already, or it holds and only a new version ends that."""
    if state == "withdrawn":
        _refuse_in(state, "withdrawn")
    if effective_on and effective_on <= today:
        raise refuse(409, "it holds already", message="publish a version that replaces it")


def _refuse_in(state: NoticeState, what: str) -> NoReturn:
    raise refuse(409, f"a notice that is {state} can't be {what}", message=f"it is {state}")
