"""R-CLAIM and what leads to it: contracts, disputes, incidents (GDPR Art. 17(3)(e))."""

from datetime import date
from enum import StrEnum

from shared.law.retention.policies import CLAIMS, open_ended
from shared.law.retention.terms import Retention, Rule, Rules, keep


class Claim(StrEnum):
    """Whose claim it is, or what it is about."""

    BUSINESS = "business"
    CONSUMER = "consumer"
    PRICE = "price"
    ADJUDICATED = "adjudicated"


# The terms since the reform of 9 July 2018 (Dz.U. 2018 poz. 1104); those of two years and more end with the year.
REFORM = date(2018, 7, 9)
LIMITATION: dict[Claim, Rules] = {
    Claim.BUSINESS: (Rule(REFORM, "KC art. 118", CLAIMS, years=3, to_year_end=True),),
    Claim.CONSUMER: (Rule(REFORM, "KC art. 118", CLAIMS, years=6, to_year_end=True),),
    Claim.PRICE: (Rule(REFORM, "KC art. 554, art. 118", CLAIMS, years=2, to_year_end=True),),
    Claim.ADJUDICATED: (Rule(REFORM, "KC art. 125 § 1, art. 118", CLAIMS, years=6, to_year_end=True),),
}


def claim(due: date, kind: Claim) -> Retention:
    """R-CLAIM: until the claim is time-barred."""
    return keep(LIMITATION[kind], due)


def open_claim(reviewed: date) -> Retention:
    """An unpaid debt, a dispute or a proceeding: no date before it ends; then `claim` or the tax set alone."""
    return open_ended(reviewed, "KC art. 118", CLAIMS)


def live(ended: date | None, kind: Claim, *, reviewed: date) -> Retention:
    """R-LIVE: as long as the contract lasts (GDPR Art. 6(1)(b)), then R-CLAIM."""
    return claim(ended, kind) if ended else open_ended(reviewed, "GDPR Art. 6(1)(b), Art. 5(1)(e)", None)


def incident(closed: date | None, kind: Claim, *, reviewed: date) -> Retention:
    """R-SEC of an incident: until it is closed, then R-CLAIM."""
    return claim(closed, kind) if closed else open_ended(reviewed, "GDPR Art. 32, Art. 33(5)", CLAIMS)
