"""What becomes of a mailing that did not go through, and how mails are spaced."""

import asyncio

import pytest

from services.marketing.campaigns.delivery import even_limiter
from services.marketing.campaigns.rules import ATTEMPTS, LONGEST_RETRY_S, Transition, after_failure, retry_wait_s
from shared.mail.mailer import Outcome


@pytest.mark.parametrize(
    ("outcome", "code", "attempts", "expected"),
    [
        ("unknown", None, 1, Transition("unknown")),
        ("not sent", None, 1, Transition("queued", counts=False)),
        ("not sent", None, 99, Transition("queued", counts=False)),
        ("not sent", 451, 1, Transition("queued")),
        ("not sent", 451, ATTEMPTS, Transition("refused")),
        ("refused", 554, 1, Transition("refused")),
        ("refused", 550, 1, Transition("refused", no_such_mailbox=True)),
        ("refused", None, 1, Transition("refused")),
    ],
)
def test_only_what_certainly_did_not_leave_is_tried_again(
    outcome: Outcome, code: int | None, attempts: int, expected: Transition
) -> None:
    assert after_failure(outcome, code, attempts) == expected


def test_waits_grow_up_to_a_limit() -> None:
    waits = [retry_wait_s(Transition("queued"), attempt) for attempt in range(1, 12)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (60.0, LONGEST_RETRY_S)
    assert retry_wait_s(Transition("queued", counts=False), 5) == 0


async def test_turns_are_evenly_spaced() -> None:
    loop = asyncio.get_running_loop()
    limiter, began = even_limiter(200), loop.time()
    await asyncio.gather(*(limiter.acquire() for _ in range(21)))
    assert loop.time() - began >= 20 / 200
