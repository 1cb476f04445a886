"""A renewal and what takes it back: key and devices stay."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.licensing.licenses import contract_rows, lifetime
from services.licensing.licenses import store as licenses
from services.licensing.licenses.rules import License
from services.licensing.orders.rules import Order
from services.licensing.policies import store as policies
from services.licensing.renewals import rules, store
from shared.clock import today
from shared.contracts import licensing
from shared.database import Transaction
from shared.law.retention import open_claim


async def renew(tx: Transaction, order: Order, at: datetime) -> License | None:
    """Move the end of the license that an order renews; None where it is no more, or has no end any more."""
    license_ = await licenses.lock_renewed(tx, order.order_id)
    if license_ is None or not rules.can_be_renewed(license_):
        return None
    await store.note(tx, order.order_id, license_, at)
    renewed = await _recount(tx, license_, order, stands=True)
    tx.publish(licensing.LicenseRenewed(**_of(license_, order)))
    return renewed


async def take_back(tx: Transaction, order: Order) -> None:
    """The money of an order goes back: its license ends, or what the order added to one."""
    if order.renewed_at is not None:
        await _count_again(tx, order, stands=False)
    elif license_ := await licenses.lock_of_order(tx, order.order_id):
        await lifetime.end(tx, license_, "refunded")


async def give_again(tx: Transaction, order: Order) -> None:
    """The money of a renewal stays after all."""
    await _count_again(tx, order, stands=True)


async def _count_again(tx: Transaction, order: Order, *, stands: bool) -> None:
    license_ = await licenses.lock_renewed(tx, order.order_id)
    if license_ is None:  # one that its holder ended may come back, and then without what went back
        return
    recounted = await _recount(tx, license_, order, stands=stands)
    if not recounted.live:  # it may end before somebody was to look at it
        await contract_rows.keep(tx, [recounted.license_id], open_claim(today()).review_at)
    event = licensing.LicenseRenewed if stands else licensing.RenewalTakenBack
    tx.publish(event(**_of(license_, order)))


async def _recount(tx: Transaction, license_: License, order: Order, *, stands: bool) -> License:
    """Set a license as its renewals have it; of this one it is said whether it counts."""
    renewals = [
        replace(each, stands=stands) if each.order_id == order.order_id else each
        for each in await store.of_license(tx, license_)
    ]
    standing = rules.after(renewals)
    policy = await policies.one(tx, license_.policy.product, standing.edition, standing.version)
    term, seats = rules.term_of(standing, policy), rules.seats_after(license_, standing, order.quantity)
    recounted = replace(
        license_,
        policy=policy,
        expires_at=term.expires_at,
        updates_until=term.updates_until,
        device_limit=policy.devices * seats,
    )
    await store.set_standing(tx, recounted, order.order_id)
    return recounted


def _of(license_: License, order: Order) -> dict[str, UUID]:
    return {"subject_id": license_.subject_id, "license_id": license_.license_id, "order_id": order.order_id}
