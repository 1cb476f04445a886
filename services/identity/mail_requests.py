"""Mail that anybody can ask for in a form: asked for alike whether the address is known or not, decided by a job."""

from dataclasses import dataclass
from typing import Literal

from shared.database import Transaction
from shared.mail.allowance import AHEAD_S, EVERY_S

MAIL_REQUESTS = "mail requests"
"""The loop that decides."""

Form = Literal["sign-up", "password-reset", "email-change"]

ASK = """
INSERT INTO mail_request AS r (address_hash, form, email, due_at, full_at)
VALUES ($1, $2, $3, now(), now() + make_interval(secs => $4))
ON CONFLICT (address_hash, form) DO UPDATE SET email = excluded.email,
  due_at = coalesce(r.due_at, greatest(now(), r.full_at - make_interval(secs => $5))),
  full_at = CASE WHEN r.due_at IS NULL THEN greatest(now(), r.full_at) + make_interval(secs => $4) ELSE r.full_at END
"""
NEXT_DUE = "SELECT form, email FROM mail_request WHERE due_at <= now() ORDER BY due_at LIMIT 1"
TAKE = "UPDATE mail_request SET due_at = NULL, email = '' WHERE form = $1 AND email = $2 AND due_at <= now()"


@dataclass(frozen=True)
class MailRequest:
    """Which form was filled in with which address."""

    form: Form
    email: str


async def ask(tx: Transaction, address_hash: bytes, form: Form, email: str) -> None:
    """Have a mail decided on as soon as the mailbox's allowance has room for it; one that waits serves all askers."""
    await tx.run(ASK, address_hash, form, email, EVERY_S, AHEAD_S)
    tx.wake(MAIL_REQUESTS)


async def next_due(tx: Transaction) -> MailRequest | None:
    row = await tx.row(NEXT_DUE)
    return None if row is None else MailRequest(**row)


async def take(tx: Transaction, request: MailRequest) -> bool:
    """Take a request out, once; False when another process did."""
    return bool(await tx.run(TAKE, request.form, request.email))
