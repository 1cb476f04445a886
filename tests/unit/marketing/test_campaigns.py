"""What becomes of a mailing that did not go through, and how mails are spaced."""

import asyncio

import pytest

from services.marketing.campaigns.delivery import even_limiter
from services.marketing.campaigns.rules import (
    ATTEMPTS,
    LONGEST_PAUSE_S,
    LONGEST_RETRY_S,
    Pause,
    Transition,
    after_failure,
    pause_after,
    pause_s,
    retry_wait_s,
)
from shared.mail.mailer import MailFailed, Outcome, Refuses


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
    assert after_failure(MailFailed(outcome, code), attempts) == expected


@pytest.mark.parametrize("status", ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"])
def test_an_address_goes_when_nobody_is_there(status: str) -> None:
    assert after_failure(MailFailed("refused", 550, status), 1) == Transition("refused", no_such_mailbox=True)


@pytest.mark.parametrize("status", ["", "5.2.1", "5.3.4", "5.6.0", "5.1.0", "5.1.11"])
def test_an_address_stays_when_the_refusal_says_less(status: str) -> None:
    assert after_failure(MailFailed("refused", 550, status), 1) == Transition("refused")


@pytest.mark.parametrize("refuses", ["service", "log-in", "sender"])
@pytest.mark.parametrize("code", [421, 454, 535, 550])
def test_a_server_that_refuses_us_costs_no_attempt_and_pauses(refuses: Refuses, code: int) -> None:
    failure = MailFailed("not sent", code, "", refuses)
    for attempts in (1, ATTEMPTS, 99):
        assert after_failure(failure, attempts) == Transition("queued", counts=False)
        pause = pause_after(failure, attempts)
        assert pause is not None
        assert (pause.heals, str(code) in pause.reason) == (code < 500, True)


def test_a_policy_pauses_once_for_a_mailing_and_its_attempts_end() -> None:
    failure = MailFailed("not sent", 550, "5.7.1", "policy")
    assert pause_after(failure, 1) == Pause("the mail server refuses by a policy (550 5.7.1)", heals=False)
    assert pause_after(failure, 2) is None
    assert after_failure(failure, 1) == Transition("queued")
    assert after_failure(failure, ATTEMPTS) == Transition("refused")


@pytest.mark.parametrize("failure", [MailFailed("not sent"), MailFailed("not sent", 451), MailFailed("refused", 550)])
def test_what_is_about_one_mail_or_no_answer_pauses_nothing(failure: MailFailed) -> None:
    assert pause_after(failure, 1) is None


def test_pauses_grow_up_to_a_limit() -> None:
    pauses = [pause_s(pause) for pause in range(1, 12)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (60.0, LONGEST_PAUSE_S)


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
