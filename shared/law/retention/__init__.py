"""The retention classes as pure functions: facts in, a date with its provision out (GDPR Art. 5(1)(e))."""

from shared.law.retention.activities import activity, cookie, cookie_choice, security_log
from shared.law.retention.claims import Claim, claim, incident, live, open_claim
from shared.law.retention.relations import consent, contest_entry, contest_prize, enquiry, marketing, proof
from shared.law.retention.taxes import books, complaint_papers, ledger, oss, sale, tax
from shared.law.retention.terms import Retention, latest

__all__ = [
    "Claim",
    "Retention",
    "activity",
    "books",
    "claim",
    "complaint_papers",
    "consent",
    "contest_entry",
    "contest_prize",
    "cookie",
    "cookie_choice",
    "enquiry",
    "incident",
    "latest",
    "ledger",
    "live",
    "marketing",
    "open_claim",
    "oss",
    "proof",
    "sale",
    "security_log",
    "tax",
]
