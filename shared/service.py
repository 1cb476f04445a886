"""How a service runs: wired in `app.py`, started, kept working, drained on SIGTERM."""

import asyncio
import contextlib
import gc
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import uvloop
from faststream.rabbit import RabbitBroker
from pydantic import ValidationError

from shared import health
from shared.database import OUTBOX, Database
from shared.loops import Loop, run
from shared.messaging import broker as brokers
from shared.messaging.answering import Answering
from shared.messaging.connection import Outlet
from shared.messaging.consumer import Consumer
from shared.messaging.forgetting import FORGETTING, forget
from shared.messaging.outbox import lag, relay
from shared.messaging.requests import Refused, RequestClient
from shared.messaging.router import ServiceRouter
from shared.observability import log, set_up_logging, what_failed
from shared.personal_data.catch_up import catch_up
from shared.personal_data.data_map import DataMap
from shared.personal_data.erasure import Eraser
from shared.personal_data.participant import announce, participant
from shared.personal_data.retained import end_retention
from shared.personal_data.vacuum import VACUUM, vacuum
from shared.settings import Settings, what_is_wrong

RELAY_LAG_LIMIT_S = 30.0
RETRY_START_S = 1.0
RETENTION_INTERVAL_S = 3600.0
FORGETTING_INTERVAL_S = 3600.0
VACUUM_INTERVAL_S = 3600.0
VACUUM_PAUSE_S = 10.0


@dataclass
class Kit:
    """What a running service has in hand; handlers ask for its parts by name."""

    settings: Any
    database: Database
    ask: RequestClient
    outlet: Outlet

    def provided(self) -> dict[str, Any]:
        return {"database": self.database, "ask": self.ask, "settings": self.settings}


Wire = Callable[[Kit], dict[str, Any]]
Loops = Callable[[Kit], Sequence[Loop]]


@dataclass(frozen=True)
class Service:
    """One service: its name, its routers, what it holds about people, and what it does in the background."""

    name: str
    router: ServiceRouter
    eraser: Eraser
    settings: type[Settings] = Settings
    wire: Wire = lambda _kit: {}
    loops: Loops = lambda _kit: ()
    takes_orders: bool = True
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def data_map(self) -> DataMap:
        return self.eraser.data_map

    def complete_router(self) -> ServiceRouter:
        """The service's own reactions and answers, and those every participant has."""
        whole = ServiceRouter(self.name)
        whole.include(self.router)
        if self.takes_orders:
            whole.include(participant(self.eraser))
        return whole

    def main(self) -> None:
        """Run until SIGTERM or SIGINT; exits with 1 and one sentence when it cannot start as it is set up."""
        try:
            settings = self.settings.of(self.name)
        except ValidationError as error:
            sys.exit(what_is_wrong(self.name, error))
        if not settings.postgres_url.get_secret_value():
            sys.exit(f"{self.name}: settings are missing or wrong: LETHE_POSTGRES_URL: Field required")
        set_up_logging(self.name, settings.log_level)
        try:
            uvloop.run(self.run(settings))
        except (health.PortTaken, brokers.QueueMissing) as error:
            sys.exit(f"{self.name}: {error}")

    async def run(self, settings: Settings) -> None:
        """Start everything, work until `stop`, drain."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop.set)
        stopping = asyncio.create_task(self.stop.wait())
        async with contextlib.AsyncExitStack() as stack:
            # a start may wait for servers and other services as long as it takes; a stop ends that, too
            starting = asyncio.create_task(stack.enter_async_context(running(self, settings)))
            await asyncio.wait((starting, stopping), return_when=asyncio.FIRST_COMPLETED)
            if self.stop.is_set():
                starting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await starting
            gc.freeze()  # what a start makes stays: looking for garbage among it was a fifth of the service's work
            await stopping
            log.info("draining")
        log.info("stopped")


@contextlib.asynccontextmanager
async def running(service: Service, settings: Settings) -> AsyncIterator[Kit]:
    """A started service; leaving the block drains it: stop taking, finish, relay what is committed."""
    listening = health.listen(settings.health_host, settings.health_port)
    kit = _kit(service, settings)
    stop = asyncio.Event()
    broker: RabbitBroker | None = None
    tasks: list[asyncio.Task[None]] = []
    web = health.server(health.application(lambda: _checks(kit, broker)))
    web_task = asyncio.create_task(web.serve(sockets=[listening]))
    try:
        await _insist(kit.database.open, stop, "database")
        tasks = _start_loops(service, kit, stop)
        if service.takes_orders:
            await _insist(lambda: catch_up(kit.database, kit.ask, service.eraser), stop, "catching up")
        await announce(kit.database, service.data_map, settings.recipients)
        kit.database.signals[OUTBOX].set()
        broker = _broker(service, kit)
        await brokers.start(broker)
        log.info("ready")
        yield kit
    finally:
        if broker is not None:
            await broker.stop()
        stop.set()
        await _end(tasks, settings.drain_seconds)
        await _relay_the_rest(kit)
        web.should_exit = True
        await web_task
        await kit.ask.close()
        await kit.outlet.close()
        await kit.database.close()


def _kit(service: Service, settings: Settings) -> Kit:
    amqp = settings.amqp_url.get_secret_value()
    return Kit(
        settings=settings,
        database=Database(settings.postgres_url.get_secret_value(), service.name, settings.pool_size),
        ask=RequestClient(amqp, service.name),
        outlet=Outlet(amqp, f"{service.name} outbox"),
    )


def _broker(service: Service, kit: Kit) -> RabbitBroker:
    router = service.complete_router()
    provided = kit.provided() | service.wire(kit)
    consumers = [Consumer(r, kit.database, kit.outlet, provided) for r in router.reactions]
    slots = asyncio.Semaphore(kit.settings.request_concurrency)
    answering = Answering(service.name, router.answers, kit.database, kit.outlet, provided, slots)
    return brokers.build(
        kit.settings.amqp_url.get_secret_value(),
        service.name,
        consumers,
        answering,
        kit.settings.prefetch,
        kit.settings.drain_seconds,
    )


def _start_loops(service: Service, kit: Kit, stop: asyncio.Event) -> list[asyncio.Task[None]]:
    loops = [
        Loop(OUTBOX, lambda: relay(kit.database, kit.outlet)),
        Loop(VACUUM, lambda: vacuum(kit.database, service.data_map), VACUUM_INTERVAL_S, VACUUM_PAUSE_S),
        Loop(FORGETTING, lambda: forget(kit.database), FORGETTING_INTERVAL_S),
        Loop("retention", lambda: end_retention(kit.database, service.data_map), RETENTION_INTERVAL_S),
        *service.loops(kit),
    ]
    return [asyncio.create_task(run(loop, kit.database.signals[loop.name], stop)) for loop in loops]


async def _end(tasks: Sequence[asyncio.Task[None]], patience_s: float) -> None:
    """Let the loops finish their step; one that takes longer (a vacuum, a silent server) is cut off."""
    if tasks:
        _, late = await asyncio.wait(tasks, timeout=patience_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _insist(step: Callable[[], Any], stop: asyncio.Event, what: str) -> None:
    """Repeat a start-up step until it works: servers and other services may come later."""
    wait = RETRY_START_S
    while not stop.is_set():
        try:
            await step()
            return
        except Refused as refused:
            log.warning("waiting", step=what, reason=refused.problem.title)
        except Exception as error:  # noqa: BLE001 whatever keeps a server from answering
            log.warning("waiting", step=what, **what_failed(error))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), wait)
        wait = min(wait * 1.5, 5.0)


async def _relay_the_rest(kit: Kit) -> None:
    with contextlib.suppress(Exception):  # what could not leave waits in the outbox for the next start
        async with asyncio.timeout(kit.settings.drain_seconds):
            while await relay(kit.database, kit.outlet):
                pass


async def _checks(kit: Kit, broker: RabbitBroker | None) -> dict[str, bool]:
    if not await kit.database.reachable():
        return {"database": False, "consumers": False, "relay": False}
    return {
        "database": True,
        "consumers": broker is not None and brokers.consuming(broker),
        "relay": await lag(kit.database) < RELAY_LAG_LIMIT_S,
    }
