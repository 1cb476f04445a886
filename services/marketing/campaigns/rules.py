"""What becomes of a mailing that did not go through."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from shared.loops import backoff
from shared.mail.mailer import PERMANENT, MailFailed, Refuses

ATTEMPTS = 6
FIRST_RETRY_S = 60.0
LONGEST_RETRY_S = 4 * 3600.0
NO_SUCH_MAILBOX = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10")
"""What alone says that nobody is there (RFC 3463, 3.2; RFC 7505). A bare 550 may be a policy (RFC 5321, 4.2.3)."""

ABOUT_ALL = ("service", "log-in", "sender")
REASONS: Mapping[Refuses, str] = {
    "service": "the mail server turns us away",
    "log-in": "the mail server refuses our log-in",
    "sender": "the mail server refuses our address as sender",
    "policy": "the mail server refuses by a policy",
}
FIRST_PAUSE_S = 60.0
LONGEST_PAUSE_S = 3600.0

Ended = Literal["sent", "cancelled", "refused", "unknown"]


@dataclass(frozen=True)
class Transition:
    """The next state; `counts` when the failure uses up an attempt."""

    state: Literal["queued", "refused", "unknown"]
    counts: bool = True
    no_such_mailbox: bool = False


def after_failure(failure: MailFailed, attempts: int) -> Transition:
    """Decide by how the dialogue ended: only what certainly did not leave may be tried again."""
    if failure.outcome == "unknown":
        return Transition("unknown")
    if failure.outcome == "refused":
        return Transition("refused", no_such_mailbox=failure.status in NO_SUCH_MAILBOX)
    if failure.code is None or failure.refuses in ABOUT_ALL:  # that says nothing about this recipient
        return Transition("queued", counts=False)
    return Transition("queued") if attempts < ATTEMPTS else Transition("refused")


def retry_wait_s(transition: Transition, attempts: int) -> float:
    """The wait after a temporary refusal, four times as long each time; none when no attempt was used up."""
    return backoff(attempts, FIRST_RETRY_S, LONGEST_RETRY_S, factor=4) if transition.counts else 0.0


@dataclass(frozen=True)
class Pause:
    """Why a campaign waits, in words for staff; `heals` when the server said that it is for a while."""

    reason: str
    heals: bool


def pause_after(failure: MailFailed, attempts: int) -> Pause | None:
    """A server that refuses us refuses all mails: the campaign waits.

    A policy may be one recipient's: its mailing pauses the campaign the first time and no more.
    """
    if failure.refuses is None or failure.code is None or (failure.refuses == "policy" and attempts > 1):
        return None
    reply = f"{failure.code} {failure.status}".rstrip()
    return Pause(f"{REASONS[failure.refuses]} ({reply})", heals=failure.code < PERMANENT)


def pause_s(pauses: int) -> float:
    """How long a campaign waits that heals by itself, after so many pauses without a mail between them."""
    return backoff(pauses, FIRST_PAUSE_S, LONGEST_PAUSE_S)
