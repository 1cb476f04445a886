"""Withdrawing from a contract in two steps."""

from dataclasses import asdict

from services.licensing.agreements import store as agreements
from services.licensing.orders import store as orders
from services.licensing.withdrawals import carry_out, rules
from shared.clock import now
from shared.contracts import licensing
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("licensing")


@router.request(licensing.OfferWithdrawal, purpose=Purpose.CONTRACT)
async def offer_withdrawal(request: licensing.OfferWithdrawal, tx: Transaction) -> licensing.WithdrawalOffer:
    order = await orders.lock(tx, request.order_id, request.subject_id)
    stated, agreement = rules.withdrawal(order, now()), await agreements.read(tx, order.order_id)
    return licensing.WithdrawalOffer(
        order_id=order.order_id,
        obstacle=rules.obstacle(order, agreement, stated.stated_at),
        last_day=rules.last_day(order.placed_at),
        amount=stated.amount,
        back_by=stated.back_by,
        refund_by=stated.refund_by,
    )


@router.request(licensing.WithdrawOrder, purpose=Purpose.CONTRACT)
async def withdraw_order(request: licensing.WithdrawOrder, tx: Transaction) -> licensing.Withdrawal:
    order = await orders.lock(tx, request.order_id, request.subject_id)
    return licensing.Withdrawal(**asdict(await carry_out.withdraw(tx, order)))
