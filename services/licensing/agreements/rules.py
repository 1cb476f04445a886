"""Who has the rights of a consumer, and what follows from that: pure decisions."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from shared.contracts import licensing
from shared.law.retention import Claim, Retention, claim
from shared.problems import refuse

REST = timedelta(minutes=10)
"""How long a letter that confirms a contract has before it is sent again."""


@dataclass(frozen=True)
class Protection:
    """Whether a buyer has the rights of a consumer, and by what; `professional` is what a sole trader answered.

    Who has them makes both declarations, gets the contract confirmed before the key is shown, and may withdraw.
    """

    kind: str
    professional: bool | None
    consumer: bool
    provision: str


PROTECTIONS = (
    Protection("person", None, consumer=True, provision="KC art. 22(1)"),
    Protection("sole trader", False, consumer=True, provision="UPK art. 38a"),
    Protection("sole trader", True, consumer=False, provision="UPK art. 38a"),
    Protection("company", None, consumer=False, provision="KC art. 22(1)"),
)
"""Every buyer there can be."""


@dataclass(frozen=True)
class Agreement:
    """What the buyer of an order agreed to, and how far the vendor has come with it."""

    order_id: UUID
    terms_version: str
    terms_sha256: str
    consumer: bool
    immediate_delivery_at: datetime | None
    withdrawal_waived_at: datetime | None
    asked_at: datetime | None
    confirmed_at: datetime | None
    begun_at: datetime | None


def protection_of(kind: str, professional: bool | None) -> Protection:
    """What protects a buyer. Raises Refused (422): a sole trader has to say what the purchase is for, nobody else."""
    for each in PROTECTIONS:
        if (each.kind, each.professional) == (kind, professional):
            return each
    if professional is None:
        what = "a sole trader says whether the purchase is of a professional nature"
    else:
        what = "only a sole trader is asked whether the purchase is of a professional nature"
    raise refuse(422, what, field="professional")


def check_declarations(request: licensing.PlaceOrder) -> None:
    """The 14 days lapse only by express consent and acknowledgement (Dir. 2011/83 Art. 16(m)). Raises Refused (422)."""
    if not request.wants_immediate_delivery:
        raise refuse(422, "a key is shown at once only if that is wanted", field="wants_immediate_delivery")
    if not request.knows_withdrawal_lapses:
        raise refuse(422, "the loss of the right to withdraw must be known", field="knows_withdrawal_lapses")


def check_confirmed(agreement: Agreement) -> None:
    """Raise Refused (409) while a consumer has no confirmation of the contract (Dir. 2011/83 Art. 8(7))."""
    if agreement.consumer and agreement.confirmed_at is None and agreement.begun_at is None:
        raise refuse(409, "the contract is not confirmed yet", message="the letter that confirms it is on its way")


def has_lapsed(agreement: Agreement) -> bool:
    """Whether the right to withdraw is lost: by both declarations, their confirmation, and the key shown after it."""
    declared = agreement.immediate_delivery_at is not None and agreement.withdrawal_waived_at is not None
    if not declared or agreement.confirmed_at is None or agreement.begun_at is None:
        return False
    return agreement.confirmed_at <= agreement.begun_at


def retention(agreement: Agreement, delivered_on: date) -> Retention:
    """Until when what was agreed to proves something (R-CLAIM): a consumer's claims run longer than a business's."""
    return claim(delivered_on, Claim.CONSUMER if agreement.consumer else Claim.BUSINESS)


def may_be_asked_again(agreement: Agreement, at: datetime) -> bool:
    """Whether the letter is to be sent once more: it was not handed over, and has had some time."""
    if agreement.confirmed_at is not None or agreement.asked_at is None:
        return False
    return at >= agreement.asked_at + REST
