"""Whether a license may be used, and until when it lasts: pure decisions."""

from datetime import date, datetime, time, timedelta
from typing import Any

from shared.contracts.licensing import Code
from shared.law.calendar import WARSAW, months_after
from shared.problems import refuse

GRACE = timedelta(hours=24)
"""An expired key works on for a day: nobody's work stops at a surprising hour."""


def expires_at(issued_on: date, months: int | None) -> datetime | None:
    """The end of the last day at the vendor's seat; None for a perpetual license."""
    if months is None:
        return None
    return datetime.combine(months_after(issued_on, months) + timedelta(days=1), time(), WARSAW)


def judge(license_: Any, at: datetime, *, product: str = "", active_here: bool | None = None) -> Code:
    """The first reason why a license may not be used, or VALID. `active_here` is None when no device is named."""
    if license_ is None:
        return "NOT_FOUND"
    if license_["state"] == "ended":
        return "ENDED"
    if license_["state"] == "suspended":
        return "SUSPENDED"
    if license_["expires_at"] is not None and at >= license_["expires_at"] + GRACE:
        return "EXPIRED"
    if product and product != license_["product"]:
        return "PRODUCT_MISMATCH"
    return "NOT_ACTIVATED" if active_here is False else "VALID"


def shown_state(state: str, expires: datetime | None, at: datetime) -> str:
    """The state as the holder sees it."""
    return "expired" if state == "active" and expires is not None and at >= expires else state


def check_running(state: str) -> None:
    """Raise Refused (409) for a license whose contract ended."""
    if state == "ended":
        raise refuse(409, "the license has ended")
