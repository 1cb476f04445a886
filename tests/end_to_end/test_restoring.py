"""The drill of promise 14: back up, decide, restore each database alone and all together, and find it decided."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from deploy.backups import making, restoring
from deploy.backups.restoring import Target
from deploy.local.servers import Servers
from shared.clock import now, today
from shared.contracts import identity, licensing, marketing, privacy
from shared.contracts.message import Event
from shared.purposes import Purpose
from tests.harness import Harness, eventually
from tests.scenario import SERVICES, Customer, Scenario, running_scenario, scenario_harness

NAMES = [service.name for service in SERVICES]
KEY = "the key of the drill, long enough"
DAYS = 30
EMAIL = "direct-marketing.email"
NOW = "UPDATE privacy_case SET run_at = now() WHERE subject_id = $1"
KEPT = "SELECT to_jsonb(i)::text FROM invoice i WHERE subject_id = $1 ORDER BY invoice_id"
HEARD = "SELECT count(*) FROM inbox"
HELD = "SELECT review_at FROM hold WHERE subject_id = $1"


@dataclass
class Drill:
    """What was backed up, what was decided afterwards, and what the law had kept then."""

    harness: Harness
    backup: Path
    erased: Customer
    begun: Customer
    restricted: Customer
    held: Customer
    leaving: Customer
    invoices: dict[UUID, list[str]]

    @property
    def gone(self) -> tuple[Customer, Customer]:
        """One asked after the backup, the other's case was in it."""
        return self.erased, self.begun

    async def restore(self, *names: str) -> None:
        """Put back databases of before, while nothing runs."""
        for name in names:
            target = Target(self.harness.servers.postgres_admin_url, name, f"{name}_{self.harness.name}")
            await restoring.restore(self.backup / f"{name}.dump", target, KEY)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Scenario]:
        """Everything at work again; whoever took part speaks to what runs now."""
        async with running_scenario(self.harness) as scenario:
            for person in (self.erased, self.begun, self.restricted, self.held, self.leaving):
                person.scenario = scenario
            yield scenario


@pytest.fixture(scope="module")
async def drill(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Drill]:
    shelf = tmp_path_factory.mktemp("backups")
    async with scenario_harness(servers, cooling_off_s=3600) as harness:
        async with running_scenario(harness) as scenario:
            erased, begun = [await scenario.customer() for _ in range(2)]
            restricted, held = [await scenario.register_customer() for _ in range(2)]
            leaving = await scenario.register_customer()
            await leaving.subscribe()
            await begun.ask_for_erasure(terminate=True)
            await scenario.quiet()
        databases = {name: f"{name}_{harness.name}" for name in NAMES}
        backup = await asyncio.to_thread(
            making.make, servers.postgres_admin_url, databases, shelf, KEY, DAYS, now(), lambda _: None
        )
        harness.settings["cooling_off_s"] = 0
        made = Drill(harness, backup, erased, begun, restricted, held, leaving, {})
        async with made.running() as scenario:
            await decide(made, scenario)
        yield made


async def decide(made: Drill, scenario: Scenario) -> None:
    """What happens after the backup."""
    await scenario.rows["privacy"].execute(NOW, made.begun.id)
    await made.erased.ask_for_erasure(terminate=True)
    for person in made.gone:
        await person.until("closed")
        made.invoices[person.id] = [row[0] for row in await scenario.rows["licensing"].fetch(KEPT, person.id)]
    await made.restricted.use_right("restriction", ground="accuracy contested")
    await made.restricted.until("in force")
    review_on, reason = today() + timedelta(days=90), "The limitation is suspended."
    how: dict[str, Any] = {"scope": ("D9",), "ground": "tax hold", "owner": "officer", "review_on": review_on}
    await scenario.ask(privacy.PlaceHold(person_id=made.held.id, reason=reason, **how))
    choice: dict[str, Any] = {"text_version": "", "surface": "account", "method": "switch"}
    await scenario.ask(privacy.ChooseConsent(subject_id=made.leaving.id, purpose=EMAIL, given=False, **choice))
    await eventually(lambda: in_force(made, scenario))
    await scenario.quiet()


async def in_force(made: Drill, scenario: Scenario) -> bool:
    """Whether every service knows the restriction, the withdrawal and the hold."""
    ruled = [
        (await made.restricted.allowed("*", name), await made.leaving.allowed(EMAIL, name)) == (False, False)
        for name in NAMES
    ]
    return all(ruled) and all([await scenario.rows[name].fetchval(HELD, made.held.id) for name in NAMES])


@pytest.mark.parametrize("names", [*([name] for name in NAMES), NAMES], ids=[*NAMES, "all at once"])
async def test_nobody_is_back_after_a_restore(drill: Drill, names: list[str]) -> None:
    assert len(drill.invoices) == len(drill.gone)
    assert all(drill.invoices.values())
    await drill.restore(*names)
    async with drill.running() as scenario:
        for person in drill.gone:
            assert await scenario.live_rows(person.id) == []
            kept = [row[0] for row in await scenario.rows["licensing"].fetch(KEPT, person.id)]
            assert kept == drill.invoices[person.id], "there, as the erasure had left them"
        assert await in_force(drill, scenario)
        await refuse_what_comes_late(scenario, drill.erased.id)
        await scenario.quiet()
        open_orders = "SELECT count(*) FROM erasure_order WHERE open"
        await eventually(lambda: has_none(scenario, open_orders))


async def has_none(scenario: Scenario, count: str) -> bool:
    return bool(await scenario.rows["privacy"].fetchval(count) == 0)


async def refuse_what_comes_late(scenario: Scenario, person: UUID) -> None:
    """Events of somebody erased reach everybody, and leave nothing."""
    license_issued = licensing.LicenseIssued(subject_id=person, license_id=uuid4(), order_id=uuid4())
    subscribed = marketing.Subscribed(subject_id=person, text_version="T-7", language="pl", decided_at=now())
    heard = {name: await scenario.rows[name].fetchval(HEARD) for name in ("marketing", "privacy")}
    await tell(scenario, "identity", identity.ProfileChanged(subject_id=person, fields=("email",)))
    await tell(scenario, "licensing", license_issued)
    await tell(scenario, "marketing", subscribed)

    async def have_heard() -> bool:
        return all([await scenario.rows[name].fetchval(HEARD) > before for name, before in heard.items()])

    await eventually(have_heard)
    assert await scenario.live_rows(person) == []


async def tell(scenario: Scenario, service: str, event: Event) -> None:
    async with scenario.resources[service].database.transaction(Purpose.UPKEEP) as tx:
        tx.publish(event)
