"""The beginning and the end of a license contract, whoever brings them about."""

from dataclasses import asdict, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from services.licensing.licenses import contract_rows, rules, store
from services.licensing.licenses.keys import KeyMint
from services.licensing.licenses.rules import License
from services.licensing.orders.rules import Order
from services.licensing.policies import rules as policies
from services.licensing.policies.rules import Policy, Term
from shared.clock import now, today
from shared.contracts import identity, licensing, participants
from shared.contracts.licensing import EndReason
from shared.contracts.participants import EndedRetention
from shared.database import Transaction
from shared.law.calendar import WARSAW


async def issue(tx: Transaction, order: Order, mint: KeyMint, at: datetime) -> UUID:
    term = policies.first_term(order.policy, at.astimezone(WARSAW).date(), activated=False)
    license_id = uuid4()
    license_ = _fresh(license_id, order.subject_id, order.policy, term, at)
    await _add(tx, replace(license_, order_id=order.order_id, device_limit=order.device_limit), mint)
    tx.publish(licensing.LicenseIssued(subject_id=order.subject_id, license_id=license_id, order_id=order.order_id))
    return license_id


async def issue_trial(
    tx: Transaction, subject_id: UUID, license_id: UUID, policy: Policy, mint: KeyMint, at: datetime
) -> None:
    """One seat for the days that the terms say."""
    term = policies.trial_term(policy.trial_days or 0, at.astimezone(WARSAW).date())
    license_ = _fresh(license_id, subject_id, policy, term, at)
    await _add(tx, replace(license_, trial_until=term.end), mint)
    tx.publish(licensing.TrialStarted(subject_id=subject_id, license_id=license_id))
    facts = {"license_id": str(license_id), "last_day": f"{term.last_day}"}
    tx.publish(identity.ServiceMailDue(subject_id=subject_id, template="trial-started", facts=facts))


def _fresh(license_id: UUID, subject_id: UUID, policy: Policy, term: Term, at: datetime) -> License:
    return License(
        license_id=license_id,
        subject_id=subject_id,
        order_id=None,
        policy=policy,
        key_end="",
        sealed_key=None,
        state="active",
        device_limit=policy.devices,
        issued_at=at,
        expires_at=term.expires_at,
        updates_until=term.updates_until,
        trial_until=None,
        ended_at=None,
        end_reason=None,
        ended_from=None,
        live=True,
    )


async def _add(tx: Transaction, license_: License, mint: KeyMint) -> None:
    key = mint.fresh()
    await store.add(tx, replace(license_, key_end=key.end, sealed_key=key.sealed), key)


async def begin(tx: Transaction, license_: License, at: datetime) -> License:
    """A device was activated: the first one may begin the license. The caller holds it locked."""
    if not policies.begins_now(license_.policy, license_.term):
        return license_
    term = policies.first_term(license_.policy, at.astimezone(WARSAW).date(), activated=True)
    await store.set_term(tx, license_.license_id, term)
    return replace(license_, expires_at=term.expires_at, updates_until=term.updates_until)


async def end(tx: Transaction, license_: License, reason: EndReason, *, tell: bool = True) -> None:
    """End a license; that of an erased person leaves nothing but what tax law keeps.

    `tell` is false for who sends a letter of its own.
    """
    if license_.state == "ended":
        if reason != "ended by holder":
            await store.end_for_good(tx, license_.license_id, reason)
        return
    if not license_.live:
        await _delete(tx, license_)
        return
    await store.end(tx, license_.license_id, now(), reason)
    key = {"subject_id": license_.subject_id, "license_id": license_.license_id}
    tx.publish(licensing.LicenseEnded(**key, reason=reason))
    facts = {"license_id": str(license_.license_id), "ended_on": today().isoformat()}
    if reason == "ended by holder":
        facts["undo_until"] = (today() + rules.UNDO).isoformat()
    if tell:
        tx.publish(identity.ServiceMailDue(subject_id=license_.subject_id, template="contract-ended", facts=facts))


async def run_out(tx: Transaction, limit: int) -> int:
    """Tell once of each license of a living person that is over, and of the day after it too."""
    over = await store.run_out(tx, now() - rules.GRACE, limit)
    for license_ in over:
        key = {"subject_id": license_.subject_id, "license_id": license_.license_id}
        tx.publish(licensing.LicenseEnded(**key, reason="expired"))
    return len(over)


async def restore(tx: Transaction, license_: License) -> None:
    """Take back the end of a license. Raises Refused (409) when something else ended it, or it is too late."""
    if license_.state != "ended":
        return
    await store.restore(tx, license_.license_id, rules.restored_state(license_, now()))
    key = {"subject_id": license_.subject_id, "license_id": license_.license_id}
    tx.publish(licensing.LicenseRestored(**key))
    facts = {"license_id": str(license_.license_id)}
    tx.publish(identity.ServiceMailDue(subject_id=license_.subject_id, template="contract-restored", facts=facts))


async def _delete(tx: Transaction, license_: License) -> None:
    deleted = await contract_rows.delete(tx, license_.license_id, today() - timedelta(days=1))
    tables = tuple(
        EndedRetention(table=table, subjects=(license_.subject_id,), rows=(rows,))
        for table, rows in asdict(deleted).items()
        if rows
    )
    tx.publish(participants.RetentionEnded(service=tx.service, ended_at=today(), tables=tables))
