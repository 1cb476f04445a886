"""What a renewal makes of a license, and what is left of it when its money goes back: pure decisions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.licensing.catalogue import Product
from services.licensing.licenses.rules import License, is_trial
from services.licensing.policies.rules import Policy, Term, begins_now, end_of, term_to
from shared.law.calendar import WARSAW, months_after
from shared.problems import refuse

LAST_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Standing:
    """How long a license lasts, and on which terms; `end` is None without an end, `trial` true until it is bought."""

    end: datetime | None
    trial: bool
    edition: str
    version: int


@dataclass(frozen=True)
class Renewal:
    """A renewal that was supplied; `before` is how the license stood then, `stands` whether its money is still here."""

    order_id: UUID
    policy: Policy
    renewed_at: datetime
    before: Standing
    stands: bool


def renewed_end(policy: Policy, standing: Standing, at: datetime) -> datetime | None:
    """The end of a license that is renewed; never sooner than it was, and never past: nobody buys what is over.

    A trial that is over is bought from now on, whatever the terms say.
    """
    if standing.end is None or policy.months is None:
        return None
    if_expired = standing.trial or policy.renews_from == "now if expired"
    from_now = policy.renews_from == "now" or (if_expired and standing.end <= at)
    today, last_day = at.astimezone(WARSAW).date(), (standing.end - LAST_MOMENT).astimezone(WARSAW).date()
    renewed = end_of(months_after(today if from_now else last_day, policy.months))
    if renewed <= at:
        renewed = end_of(months_after(today, policy.months))
    return max(renewed, standing.end)


def after(renewals: Sequence[Renewal]) -> Standing:
    """How a license stands by all its renewals, oldest first, without those whose money went back."""
    standing = renewals[0].before
    for renewal in renewals:
        if renewal.stands:
            end = renewed_end(renewal.policy, standing, renewal.renewed_at)
            standing = Standing(end, False, renewal.policy.edition, renewal.policy.version)
    return standing


def seats_of(license_: License) -> int:
    return max(1, license_.device_limit // license_.policy.devices)


def seats_after(license_: License, standing: Standing, quantity: int) -> int:
    """All seats are renewed together; a trial has one, and as many as are ordered when it is bought."""
    if standing.trial:
        return 1
    return quantity if is_trial(license_) else seats_of(license_)


def term_of(standing: Standing, policy: Policy) -> Term:
    """A trial ends, whatever a license on its terms would do."""
    return Term(standing.end, None) if standing.trial else term_to(policy, standing.end)


def can_be_renewed(license_: License) -> bool:
    """Whether it has an end that can be moved."""
    return license_.state != "ended" and license_.term.end is not None


def check(license_: License, product: Product, quantity: int) -> None:
    """Raise Refused for what renews nothing: 409 for the license, 422 for an order that is not one of it."""
    if license_.state == "ended":
        raise refuse(409, "the license has ended", field="renews")
    if begins_now(license_.policy, license_.term):
        raise refuse(409, "the license has not begun", field="renews", message="its first device begins it")
    if license_.term.end is None:
        raise refuse(409, "the license has no end", field="renews")
    if product.policy.product != license_.policy.product:
        raise refuse(422, "the license is of another product", field="renews")
    if is_trial(license_):
        return
    if product.policy.edition != license_.policy.edition:
        raise refuse(422, "the license is of another edition", field="edition", message=license_.policy.edition)
    if quantity != seats_of(license_):
        raise refuse(422, "all seats are renewed together", field="quantity", message=f"it has {seats_of(license_)}")
