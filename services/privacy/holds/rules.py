"""What a legal hold must say: pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from shared.contracts.privacy import HoldGround
from shared.law.calendar import months_after
from shared.problems import refuse

LONGEST_MONTHS = 24
"""So long may a hold go without somebody looking at it: policy."""
TAX: HoldGround = "tax hold"
OF_TAX = frozenset(("D9", "D17"))
"""What tax law has kept: invoices, what belongs to the sale, evidence of where it was."""
CLAIMS = "GDPR Art. 17(3)(e)"


@dataclass(frozen=True)
class Reason:
    """The provision, and the exemption from the right to erasure that rests on it."""

    provision: str
    exemption: str


REASONS: Mapping[HoldGround, Reason] = {
    "claim against the person": Reason("KC art. 118", CLAIMS),
    "claim of the person": Reason("KC art. 118", CLAIMS),
    "proceedings": Reason("GDPR Art. 6(1)(f)", CLAIMS),
    TAX: Reason("Ordynacja podatkowa art. 86 § 1, art. 70 §§ 2-7", "GDPR Art. 17(3)(b)"),
}


def check_review(review_on: date, today: date) -> None:
    """Raise Refused (422) for a day that has come, or one that is too far away."""
    if review_on <= today:
        raise refuse(422, "a hold is reviewed on a day to come", field="review_on", message="choose a later day")
    if review_on > months_after(today, LONGEST_MONTHS):
        raise refuse(422, "a hold is reviewed within two years", field="review_on", message="choose an earlier day")


def check_scope(scope: Sequence[str], ground: HoldGround) -> None:
    """Raise Refused (422) for what tax law does not keep."""
    if ground == TAX and not OF_TAX.issuperset(scope):
        raise refuse(422, "a tax hold keeps D9 and D17 only", field="scope", message="leave the others out")


def check_whom(named: Sequence[object]) -> None:
    """Raise Refused (422) unless exactly one of person and case is named."""
    if sum(each is not None for each in named) != 1:
        raise refuse(422, "a hold is on one person", field="person_id", message="name the person, or the case")


def check_living(live: bool, ground: HoldGround, field: str) -> None:
    """Raise Refused (410) after an erasure; the limitation of a tax may be suspended later."""
    if not live and ground != TAX:
        raise refuse(410, "this person's data was erased", field=field, message="nothing is left to hold")
