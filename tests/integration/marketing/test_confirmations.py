"""The mails that ask to confirm: at least once, with growing waits, one Message-ID for one mail."""

from uuid import uuid4

from shared.contracts import marketing
from shared.messaging.request_client import RequestClient
from tests.house import House, eventually
from tests.integration.marketing.steps import PostOffice, hash_of, rows


async def state_of(house: House, address: str) -> tuple[int, int, bool]:
    """Attempts, mails that went out, and whether one is due."""
    statement = "SELECT attempts, mails, mail_due_at IS NOT NULL AS due FROM signup WHERE address_hash = $1"
    (row,) = await rows(house, statement, hash_of(house, address))
    return row["attempts"], row["mails"], row["due"]


async def test_a_confirmation_that_could_not_leave_is_tried_again_with_growing_waits(
    house: House, client: RequestClient, office: PostOffice
) -> None:
    address = f"patient.{uuid4().hex[:8]}@example.com"
    office.answers[address] = "451 4.7.1 come back later"
    await client.request(marketing.SubscribeNewsletter(email=address, text_version="T-7"))

    async def tried_again() -> bool:
        attempts, mails, due = await state_of(house, address)
        return attempts >= 2 and mails == 0 and due

    await eventually(tried_again)
    wait = (  # longer than the first wait, and shorter than the lease of a mail that is being sent
        "SELECT mail_due_at BETWEEN now() + interval '1.1 seconds' AND now() + interval '30 seconds' AS grown"
        " FROM signup WHERE address_hash = $1"
    )

    async def postponed() -> bool:
        (row,) = await rows(house, wait, hash_of(house, address))
        return bool(row["grown"])

    await eventually(postponed)
    del office.answers[address]

    async def mailed() -> bool:
        return (await state_of(house, address))[1:] == (1, False)

    await eventually(mailed)
    (mail,) = office.mails_to(address)
    assert mail["Auto-Submitted"] == "auto-generated"  # RFC 3834


async def test_a_refused_confirmation_is_not_tried_again(
    house: House, client: RequestClient, office: PostOffice
) -> None:
    address = f"refused.{uuid4().hex[:8]}@example.com"
    office.answers[address] = "550 5.1.1 no such user"
    await client.request(marketing.SubscribeNewsletter(email=address, text_version="T-7"))

    async def ended() -> bool:
        return await state_of(house, address) == (1, 1, False)

    await eventually(ended)
