"""What erased buyers owe: a legal hold keeps what proves it until it is paid, time-barred, or a human lets it go.

Licensing places the hold in the transaction of the erasure, so that no purge comes before it; privacy keeps it from
then on, with its review (services/privacy/holds).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid5

from services.licensing.grounds import UNPAID_DEBT
from shared.contracts import licensing
from shared.contracts.licensing import ClaimEnd
from shared.contracts.privacy import KnownHold
from shared.database import Transaction
from shared.law.retention import Claim, claim, open_claim
from shared.personal_data import holds
from shared.personal_data.holds import IN_FORCE
from shared.personal_data.retention_run import RETENTION

SCOPE = ("D9",)
"""Orders, their terms, invoices and payments: what proves the debt."""
HOLD_IDS = UUID("6b0f6c0e-5d0b-4b5e-9d0c-2f1f7f8f7a11")
NO_VERSION_YET = 0
"""Privacy's versions begin with 1: what it says of this hold wins."""

OWING = """
SELECT DISTINCT subject_id FROM invoice WHERE subject_id = ANY ($1) AND kind = 'invoice' AND settled_on IS NULL
ORDER BY subject_id
"""
# Holds on what erased buyers owed, with the day on which the newest invoice fell due that is not paid, if there is one.
HELD = f"""
SELECT h.hold_id, h.subject_id, max(i.due_on) AS due_on
FROM hold h LEFT JOIN invoice i ON i.subject_id = h.subject_id AND i.kind = 'invoice' AND i.settled_on IS NULL
WHERE h.{IN_FORCE} AND NOT h.live AND $1 = ANY (h.provisions) AND ($2::uuid IS NULL OR h.subject_id = $2)
GROUP BY h.hold_id, h.subject_id
"""  # noqa: S608 constants
# Until there were holds each unpaid invoice had a review of its own.
TAKE_OVER = """
UPDATE invoice SET review_at = NULL, provisions = array_remove(provisions, $1::text),
  exemptions = array_remove(exemptions, $2::text)
WHERE NOT live AND review_at IS NOT NULL RETURNING subject_id
"""


@dataclass(frozen=True)
class Held:
    """The hold on what an erased buyer owes; without `due_on` nothing is owed any more."""

    hold_id: UUID
    subject_id: UUID
    due_on: date | None


def hold_of(subject_id: UUID) -> UUID:
    """The id of the hold on what somebody owes: the same, however often an erasure is repeated."""
    return uuid5(HOLD_IDS, str(subject_id))


def end_of(held: Held, day: date) -> ClaimEnd | None:
    """Why a claim is no more: it is paid, or can't be enforced any longer (KC art. 117, 118); None while it stands."""
    if held.due_on is None:
        return "paid"
    until = claim(held.due_on, Claim.BUSINESS).until
    return "time-barred" if until is not None and until < day else None


async def hold(tx: Transaction, subject_ids: Sequence[UUID], day: date) -> None:
    """Keep what proves the debts of buyers who are erased; privacy is told and has somebody review the holds."""
    review_on = open_claim(day).review_at or day
    claims = [
        licensing.ClaimHeld(
            subject_id=row["subject_id"],
            hold_id=hold_of(row["subject_id"]),
            provision=UNPAID_DEBT.provision,
            review_on=review_on,
        )
        for row in await tx.rows(OWING, list(subject_ids))
    ]
    await holds.know(tx, [_known(each) for each in claims])
    for each in claims:
        tx.publish(each)


def _known(placed: licensing.ClaimHeld) -> KnownHold:
    return KnownHold(
        hold_id=placed.hold_id,
        subject_id=placed.subject_id,
        scope=SCOPE,
        provision=placed.provision,
        exemption=UNPAID_DEBT.exemption,
        review_on=placed.review_on,
        version=NO_VERSION_YET,
    )


async def end(tx: Transaction, day: date, subject_id: UUID | None = None) -> None:
    """Let go what is paid or time-barred, of one erased buyer or of all: here at once, elsewhere by privacy."""
    held = [Held(**row) for row in await tx.rows(HELD, UNPAID_DEBT.provision, subject_id)]
    over = [(each, reason) for each in held if (reason := end_of(each, day))]
    await holds.let_go(tx, [each.hold_id for each, _ in over])
    for each, reason in over:
        tx.wake(RETENTION)
        tx.publish(licensing.ClaimEnded(subject_id=each.subject_id, hold_id=each.hold_id, reason=reason))


async def take_over(tx: Transaction, day: date) -> None:
    """Put holds in place of the reviews of single invoices, once."""
    older = await tx.rows(TAKE_OVER, UNPAID_DEBT.provision, UNPAID_DEBT.exemption)
    await hold(tx, [row["subject_id"] for row in older], day)
