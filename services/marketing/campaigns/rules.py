"""What becomes of a mailing that did not go through."""

from dataclasses import dataclass
from typing import Literal

from shared.mail.mailer import Outcome

ATTEMPTS = 6
FIRST_RETRY_S = 60.0
LONGEST_RETRY_S = 4 * 3600.0
NO_SUCH_MAILBOX = (550, 551, 553)  # RFC 5321, 4.2.3


@dataclass(frozen=True)
class After:
    """The next state; `counts` when the failure uses up an attempt."""

    state: Literal["queued", "refused", "unknown"]
    counts: bool = True
    no_such_mailbox: bool = False


def after_failure(outcome: Outcome, code: int | None, attempts: int) -> After:
    """Decide by how the dialogue ended: only what certainly did not leave may be tried again."""
    if outcome == "unknown":
        return After("unknown")
    if outcome == "refused":
        return After("refused", no_such_mailbox=code in NO_SUCH_MAILBOX)
    if code is None:  # the server is away: that says nothing about this recipient
        return After("queued", counts=False)
    return After("queued") if attempts < ATTEMPTS else After("refused")


def retry_after_s(attempts: int) -> float:
    """The wait after a temporary refusal, four times as long each time."""
    return float(min(FIRST_RETRY_S * 4 ** (attempts - 1), LONGEST_RETRY_S))
