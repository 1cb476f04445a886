"""Every period that is the vendor's own choice, in one table; the law's own periods stand with their classes."""

from datetime import date

from shared.law.calendar import in_force
from shared.law.retention.terms import Retention, Rule, reasons

# A policy covers all that was collected since the GDPR applies. A new policy is a new row with its own first day.
SINCE = date(2018, 5, 25)

STORAGE_LIMIT = "GDPR Art. 5(1)(e)"
SECURITY = "GDPR Art. 32, Art. 5(1)(e)"
MARKETING = "GDPR Art. 21(3), Art. 5(1)(e)"
DEVICE = "PKE art. 399, art. 400; GDPR Art. 5(1)(e)"
ACCOUNTABILITY = "GDPR Art. 5(2), Art. 7(1); KC art. 118"
CLAIMS = "GDPR Art. 17(3)(e)"

# R-SEC
SECURITY_LOG = (Rule(SINCE, SECURITY, days=90),)
FLAGGED_LOG = (Rule(SINCE, SECURITY, months=12),)
# what ends with the day that is written in it; what nobody confirmed, or asked for and did not finish
SPENT = (Rule(SINCE, STORAGE_LIMIT),)
UNCONFIRMED = (Rule(SINCE, STORAGE_LIMIT, days=2),)
UNFINISHED = (Rule(SINCE, STORAGE_LIMIT, days=7),)
# R-LIVE of an account without a contract, counted from its last use; its owner is written to twice before it ends
DORMANT = (Rule(SINCE, STORAGE_LIMIT, months=24),)
# R-ACT; what is left after the second step are aggregates
RAW_ACTIVITY = (Rule(SINCE, STORAGE_LIMIT, days=90),)
PSEUDONYMOUS_ACTIVITY = (Rule(SINCE, STORAGE_LIMIT, months=13),)
# R-MKT, counted from the last interaction
MARKETING_PROFILE = (Rule(SINCE, MARKETING, months=24),)
# R-PROOF, counted from the withdrawal of the consent or the closing of the case
PROOF = (Rule(SINCE, ACCOUNTABILITY, CLAIMS, years=6, to_year_end=True),)
# R-ENQ, counted from the last message
ENQUIRY = (Rule(SINCE, STORAGE_LIMIT, months=12),)
# R-CONT, counted from the last day for complaints
LOSING_ENTRY = (Rule(SINCE, STORAGE_LIMIT, months=3),)
# R-COPY, counted from the day on which the copy is ready
COPY = (Rule(SINCE, STORAGE_LIMIT, days=14),)
# R-COOK
COOKIES_ACCEPTED = (Rule(SINCE, DEVICE, months=12),)
COOKIES_REFUSED = (Rule(SINCE, DEVICE, months=6),)
COOKIE_LIFE = (Rule(SINCE, DEVICE, months=13),)
# whatever has no date yet is looked at again
REVIEW = (Rule(SINCE, STORAGE_LIMIT, months=12),)


def open_ended(reviewed: date, provision: str, exemption: str | None) -> Retention:
    """Kept without a date yet; `reviewed` is the day on which the reason was last found to hold."""
    return Retention(None, in_force(REVIEW, reviewed).end(reviewed), (provision,), reasons(exemption))
