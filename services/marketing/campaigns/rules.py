"""What becomes of a mailing that did not go through."""

from dataclasses import dataclass
from typing import Literal

from shared.loops import backoff
from shared.mail.mailer import Outcome

ATTEMPTS = 6
FIRST_RETRY_S = 60.0
LONGEST_RETRY_S = 4 * 3600.0
NO_SUCH_MAILBOX = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10")
"""What alone says that nobody is there (RFC 3463, 3.2; RFC 7505). A bare 550 may be a policy (RFC 5321, 4.2.3)."""

Ended = Literal["sent", "cancelled", "refused", "unknown"]


@dataclass(frozen=True)
class Transition:
    """The next state; `counts` when the failure uses up an attempt."""

    state: Literal["queued", "refused", "unknown"]
    counts: bool = True
    no_such_mailbox: bool = False


def after_failure(outcome: Outcome, code: int | None, attempts: int, status: str = "") -> Transition:
    """Decide by how the dialogue ended: only what certainly did not leave may be tried again."""
    if outcome == "unknown":
        return Transition("unknown")
    if outcome == "refused":
        return Transition("refused", no_such_mailbox=status in NO_SUCH_MAILBOX)
    if code is None:  # the server is away: that says nothing about this recipient
        return Transition("queued", counts=False)
    return Transition("queued") if attempts < ATTEMPTS else Transition("refused")


def retry_wait_s(transition: Transition, attempts: int) -> float:
    """The wait after a temporary refusal, four times as long each time; none when no attempt was used up."""
    return backoff(attempts, FIRST_RETRY_S, LONGEST_RETRY_S, factor=4) if transition.counts else 0.0
