"""The mails that ask to confirm: at least once, with growing waits, one Message-ID for one mail."""

from uuid import uuid4

from shared.contracts import marketing
from shared.messaging.request_client import RequestClient
from tests.harness import Harness, eventually
from tests.integration.marketing.driver import hash_of, rows
from tests.mail_server import MailServer


async def state_of(harness: Harness, address: str) -> tuple[int, int, bool]:
    """Attempts, mails that went out, and whether one is due."""
    statement = "SELECT attempts, mails, mail_due_at IS NOT NULL AS due FROM signup WHERE address_hash = $1"
    (row,) = await rows(harness, statement, hash_of(harness, address))
    return row["attempts"], row["mails"], row["due"]


async def test_a_confirmation_that_could_not_leave_is_tried_again_with_growing_waits(
    harness: Harness, client: RequestClient, smtp: MailServer
) -> None:
    address = f"patient.{uuid4().hex[:8]}@example.com"
    smtp.answers[address] = "451 4.7.1 come back later"
    await client.request(marketing.SubscribeNewsletter(email=address, text_version="T-7"))

    async def tried_again() -> bool:
        attempts, mails, due = await state_of(harness, address)
        return attempts >= 2 and mails == 0 and due

    await eventually(tried_again)
    wait = (  # longer than the first wait, and shorter than the lease of a mail that is being sent
        "SELECT mail_due_at BETWEEN now() + interval '1.1 seconds' AND now() + interval '30 seconds' AS grown"
        " FROM signup WHERE address_hash = $1"
    )

    async def postponed() -> bool:
        (row,) = await rows(harness, wait, hash_of(harness, address))
        return bool(row["grown"])

    await eventually(postponed)
    del smtp.answers[address]

    async def mailed() -> bool:
        return (await state_of(harness, address))[1:] == (1, False)

    await eventually(mailed)
    (mail,) = smtp.mails_to(address)
    assert mail["Auto-Submitted"] == "auto-generated"  # RFC 3834


async def test_a_refused_confirmation_is_not_tried_again(
    harness: Harness, client: RequestClient, smtp: MailServer
) -> None:
    address = f"refused.{uuid4().hex[:8]}@example.com"
    smtp.answers[address] = "550 5.1.1 no such user"
    await client.request(marketing.SubscribeNewsletter(email=address, text_version="T-7"))

    async def ended() -> bool:
        return await state_of(harness, address) == (1, 1, False)

    await eventually(ended)
