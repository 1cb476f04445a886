"""R-SEC, R-ACT and R-COOK: what is recorded of people's doings."""

from datetime import date

from shared.law.retention import policies
from shared.law.retention.terms import Retention, keep


def security_log(logged: date, *, flagged: bool = False) -> Retention:
    """R-SEC: raw entries briefly, those flagged for security longer (GDPR Art. 32)."""
    return keep(policies.FLAGGED_LOG if flagged else policies.SECURITY_LOG, logged)


def activity(recorded: date, *, pseudonymous: bool = False) -> Retention:
    """R-ACT: raw, then pseudonymous, each counted from the event; then only aggregates (GDPR Art. 5(1)(e))."""
    return keep(policies.PSEUDONYMOUS_ACTIVITY if pseudonymous else policies.RAW_ACTIVITY, recorded)


def cookie_choice(chosen: date, *, refused: bool) -> Retention:
    """R-COOK: the last day on which a choice stands; then the banner asks again (PKE art. 399-400)."""
    return keep(policies.COOKIES_REFUSED if refused else policies.COOKIES_ACCEPTED, chosen)


def cookie(stored: date) -> Retention:
    return keep(policies.COOKIE_LIFE, stored)
