"""R-MKT, R-ENQ, R-CONT and R-PROOF: what comes of being in touch with people."""

from dataclasses import replace
from datetime import date

from shared.law.retention import policies
from shared.law.retention.claims import Claim, claim
from shared.law.retention.policies import ACCOUNTABILITY, CLAIMS, open_ended
from shared.law.retention.taxes import tax
from shared.law.retention.terms import Retention, keep, latest


def marketing(last_interaction: date, *, ended: date | None = None) -> Retention:
    """R-MKT: until the objection or withdrawal, at most so long after the last interaction (GDPR Art. 21(3))."""
    kept = keep(policies.MARKETING_PROFILE, last_interaction)
    return replace(kept, until=ended) if ended and kept.until and ended < kept.until else kept


def enquiry(last_message: date) -> Retention:
    """R-ENQ: an enquiry of somebody without a contract (GDPR Art. 5(1)(e))."""
    return keep(policies.ENQUIRY, last_message)


def contest_entry(complaints_until: date) -> Retention:
    """R-CONT of those who won nothing."""
    return keep(policies.LOSING_ENTRY, complaints_until)


def contest_prize(awarded: date, kind: Claim = Claim.CONSUMER) -> Retention:
    """R-CONT of winners: the prize is taxed and can be claimed."""
    return latest(tax(awarded), claim(awarded, kind))


def proof(ended: date) -> Retention:
    """R-PROOF: after the withdrawal of a consent or the closing of a case (GDPR Art. 5(2), 17(3)(e))."""
    return keep(policies.PROOF, ended)


def consent(withdrawn: date | None, *, reviewed: date) -> Retention:
    """R-PROOF of a consent: as long as it lives, then as any proof (GDPR Art. 7(1))."""
    return proof(withdrawn) if withdrawn else open_ended(reviewed, ACCOUNTABILITY, CLAIMS)
