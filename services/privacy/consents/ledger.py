"""The consent ledger: every decision is appended with its proof and rules from then on (GDPR Art. 7, 21).

A decision takes its version while the person's row is locked, so versions and commits agree per
person; the replicas in the other services keep the highest.
"""

from services.privacy.consents import store
from services.privacy.consents.rules import Decision, covered, is_absolute, needs_text
from services.privacy.consents.store import Entry, LastDecision
from services.privacy.loops import PROOFS
from shared.clock import today
from shared.contracts import privacy
from shared.database import Transaction
from shared.law.retention import proof
from shared.messaging.faults import Rejected


async def record(tx: Transaction, decision: Decision, *, confirm: bool = False) -> dict[str, int]:
    """Append a decision, let it rule, and tell everybody; the versions by purpose that rule now.

    With `confirm` every service says when it acts by them. Raises Rejected for words that nobody wrote.
    """
    if needs_text(decision) and not await store.knows_text(tx, decision, today()):
        raise Rejected("consent text is unknown")
    moment = await store.lock_person(tx, decision.subject_id)
    if moment is None:
        return {}
    # another service's clock may be ahead; its decision must not outrank the ones that follow here
    decided_at = min(decision.decided_at or moment, moment)
    purposes = covered(decision.purpose, given=decision.given)
    last = await store.last(tx, decision.subject_id, purposes)
    kept = None if decision.given else proof(today())
    entries = [_entry(decision, purpose, last.get(purpose)) for purpose in purposes]
    versions = await store.append(tx, decision, entries, decided_at, kept)
    # a decision that arrives after a later one is kept as proof and rules nothing
    overtaken = {purpose for purpose, earlier in last.items() if earlier.decided_at > decided_at}
    ruled = await store.rule(tx, decision, {p: v for p, v in versions.items() if p not in overtaken})
    if kept:
        await store.date_earlier(tx, decision.subject_id, ruled, kept)
    tx.wake(PROOFS)
    for purpose, version in ruled.items():
        tx.publish(
            privacy.PermissionChanged(
                subject_id=decision.subject_id,
                purpose=purpose,
                allowed=decision.given,
                version=version,
                confirm=confirm,
                purges=is_absolute(decision, purpose),
            )
        )
    return ruled


def _entry(decision: Decision, purpose: str, last: LastDecision | None) -> Entry:
    """A withdrawal names the words that it takes back."""
    if decision.text_version or last is None:
        return Entry(purpose, decision.text_version, decision.language)
    return Entry(purpose, last.text_version, last.language)
