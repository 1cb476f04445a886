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
        ("refused", 550, 1, Transition("refused")),
        ("refused", None, 1, Transition("refused")),
    ],
)
def test_only_what_certainly_did_not_leave_is_tried_again(
    outcome: Outcome, code: int | None, attempts: int, expected: Transition
) -> None:
    assert after_failure(outcome, code, attempts) == expected


@pytest.mark.parametrize("status", ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"])
def test_an_address_goes_when_nobody_is_there(status: str) -> None:
    assert after_failure("refused", 550, 1, status) == Transition("refused", no_such_mailbox=True)


@pytest.mark.parametrize("status", ["", "5.2.1", "5.3.4", "5.6.0", "5.1.0", "5.1.11"])
def test_an_address_stays_when_the_refusal_says_less(status: str) -> None:
    assert after_failure("refused", 550, 1, status) == Transition("refused")


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
