"""No grosz is lost and no key goes without its money, whatever comes twice, late, in another order, or breaks off."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from deploy.local.servers import Servers
from services.identity.app import SERVICE as IDENTITY
from services.licensing.app import SERVICE as LICENSING
from services.privacy.app import SERVICE as PRIVACY
from shared.contracts import licensing
from shared.contracts.licensing import PaymentWebhook
from shared.contracts.message import Request
from tests import harness as harnesses
from tests.harness import DEEPER
from tests.integration.licensing import driver as drivers
from tests.integration.licensing.driver import Driver, all_of
from tests.integration.licensing.test_sales import check_gapless

BUYERS, AT_ONCE, ROUNDS = 50, 50, 12
SETTLED = (200, 404, 409)
"""How a buyer's wish may be answered; a provider wants 200 and sends again until then."""
WRONG = {
    "an order has one license and one invoice once it is paid, else none": """
SELECT o.order_id FROM purchase o
WHERE (SELECT count(*) FROM license l WHERE l.order_id = o.order_id) <> (o.state IN ('paid', 'refunded'))::int
  OR (SELECT count(*) FROM invoice i WHERE i.order_id = o.order_id AND i.kind = 'invoice')
    <> (o.state IN ('paid', 'refunded'))::int""",
    "invoices and corrections add up to what the vendor keeps": """
SELECT o.order_id FROM purchase o WHERE o.state IN ('paid', 'refunded')
  AND (SELECT sum(gross) FROM invoice i WHERE i.order_id = o.order_id) <> o.gross - o.refunded""",
    "what was refunded is the sum of the refunds": """
SELECT o.order_id FROM purchase o
WHERE o.refunded <>
  COALESCE((SELECT sum(amount) FROM refund r WHERE r.order_id = o.order_id AND undone_at IS NULL), 0)""",
    "one payment counts for each order that is paid": """
SELECT o.order_id FROM purchase o WHERE (o.state IN ('paid', 'refunded'))::int
  <> (SELECT count(*) FROM payment p WHERE p.order_id = o.order_id AND p.state IN ('confirmed', 'refunded'))""",
    "who has the whole money back has no license": """
SELECT l.license_id FROM license l JOIN purchase o USING (order_id)
WHERE o.state = 'refunded' AND l.state <> 'ended'""",
    "no device is on a seat that there is not": """
SELECT l.license_id FROM license l JOIN activation a USING (license_id) WHERE a.freed_at IS NULL
GROUP BY l.license_id HAVING count(*) > l.device_limit""",
}
UNCOUNTED = """
SELECT reference FROM unnest($1::text[]) AS paid (reference)
WHERE NOT EXISTS (SELECT FROM payment p WHERE p.reference = paid.reference AND p.state IN ('confirmed', 'refunded'))
  AND NOT EXISTS (SELECT FROM void_payment v WHERE v.reference = paid.reference AND v.confirmed_at IS NOT NULL)
"""
"""Money that came and is neither booked nor on its way back."""


@dataclass(frozen=True)
class Story:
    """What is told about one buyer's money, and what the buyer wants meanwhile."""

    told: tuple[Request[Any], ...]
    wished: tuple[Request[Any], ...]
    paid: tuple[str, ...]


async def _story(driver: Driver, person: UUID, chance: random.Random) -> Story:
    """A payment that perhaps fails first and succeeds after all, a second one, refunds, second thoughts."""
    order_id = await driver.order(person)
    first = await driver.start(person, order_id)
    told: list[Request[Any]] = [await driver.played(first.reference, "payment.confirmed")]
    paid = [first.reference]
    if chance.random() < 0.4:
        failed = await driver.played(first.reference, "payment.failed")
        await driver.ask(failed)
        second = await driver.start(person, order_id)
        told += [failed, await driver.played(second.reference, "payment.confirmed")]
        paid.append(second.reference)
    if chance.random() < 0.4:
        told += await _refund(driver, chance.choice(paid), chance.randint(1, first.amount))
    return Story(tuple(told), _wishes(person, order_id, chance), tuple(paid))


async def _refund(driver: Driver, reference: str, amount: int) -> list[Request[Any]]:
    """One refund that is told of by two webhooks."""
    made = licensing.PlaySandbox(reference=reference, event="refund.made", amount=amount, refund=f"ref_{reference}")
    return [PaymentWebhook(**(await driver.ask(made)).model_dump()) for _ in range(2)]


def _wishes(person: UUID, order_id: UUID, chance: random.Random) -> tuple[Request[Any], ...]:
    which = {"subject_id": person, "order_id": order_id}
    wishes = (licensing.CancelOrder(**which), licensing.WithdrawOrder(**which))
    return tuple(wish for wish in wishes if chance.random() < 0.25)


async def _let_happen(driver: Driver, requests: Sequence[Request[Any]], *, break_off: bool = False) -> None:
    """So many at once; breaking off ends them wherever they are, as when a process dies."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(request: Request[Any]) -> None:
        async with gate:
            assert await driver.status(request) in SETTLED

    tasks = [asyncio.create_task(one(request)) for request in requests]
    if break_off:
        for done in asyncio.as_completed(tasks):
            await done
            break
        for task in tasks:
            task.cancel()
    for ended in await asyncio.gather(*tasks, return_exceptions=True):
        assert ended is None or isinstance(ended, asyncio.CancelledError), ended


async def _until_taken(driver: Driver, told: Sequence[Request[Any]]) -> list[Request[Any]]:
    """Send again what was not taken, as providers do; what is left after many rounds."""
    for _ in range(ROUNDS):
        statuses = [await driver.status(request) for request in told]
        told = [request for request, status in zip(told, statuses, strict=True) if status != 200]
        if not told:
            break
    return list(told)


@pytest.mark.parametrize("seed", range(7, 7 + DEEPER))
async def test_what_must_hold_when_everything_comes_twice_and_out_of_order(servers: Servers, seed: int) -> None:
    chance = random.Random(seed)
    harness = await harnesses.build(servers, [LICENSING, IDENTITY, PRIVACY])
    try:
        async with drivers.at_work(harness) as driver:
            people = [await driver.person() for _ in range(BUYERS)]
            chances = [random.Random(f"{seed}/{number}") for number in range(BUYERS)]
            stories = await all_of(*(_story(driver, *each) for each in zip(people, chances, strict=True)))
            told = [request for story in stories for request in story.told]
            mixed = [*told, *told, *(wish for story in stories for wish in story.wished * 2)]
            chance.shuffle(mixed)
            await _let_happen(driver, mixed[: len(mixed) // 2], break_off=True)
        async with drivers.at_work(harness) as driver:
            await _let_happen(driver, mixed)
            assert await _until_taken(driver, told) == []
            for rule, wrong in WRONG.items():
                assert await driver.rows.fetch(wrong) == [], rule
            paid = [reference for story in stories for reference in story.paid]
            assert await driver.rows.fetch(UNCOUNTED, paid) == []
            await check_gapless(driver)
            states = {row["state"] for row in await driver.rows.fetch("SELECT DISTINCT state FROM purchase")}
            assert {"paid", "cancelled", "refunded"} <= states, "the story is not told to its end"
    finally:
        await harnesses.tear_down(harness)
