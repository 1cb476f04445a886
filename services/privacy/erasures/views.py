"""Cases and orders as the contracts show them: pure."""

from datetime import date

from services.privacy.erasures.rules import CaseRow, answer, outlook
from services.privacy.erasures.store import OrderRow
from shared.contracts.privacy import ErasureAnswer, ErasureCaseState, ErasureOrderState


def case_state(case: CaseRow, today: date) -> ErasureCaseState:
    return ErasureCaseState(
        case_id=case.case_id,
        state=case.state,
        outlook=outlook(case, today),
        received_at=case.received_at,
        due_on=case.due_on,
        runs_at=case.run_at,
        closed_at=case.closed_at,
        attempts=case.attempt,
        order_id=case.orders[-1] if case.orders else None,
    )


def order_state(order: OrderRow) -> ErasureOrderState:
    return ErasureOrderState(
        order_id=order.order_id,
        open=order.open,
        ordered_at=order.ordered_at,
        closed_at=order.closed_at,
        people=len(order.subjects),
        answers=tuple(
            ErasureAnswer(
                service=asked.service, answer=answer(asked), asked_at=asked.asked_at, reminders=asked.reminders
            )
            for asked in order.asked
        ),
    )
