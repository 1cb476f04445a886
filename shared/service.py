"""How a service runs: wired in `app.py`, started, kept working, drained."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, runtime_checkable

import uvicorn

from shared import health, lifecycle
from shared.assertions import Verifier
from shared.database import BeforeCommit, Database
from shared.lifecycle import CannotStart
from shared.loops import Loop, backoff, end, run
from shared.messaging import broker as brokers
from shared.messaging.admission import Admission
from shared.messaging.consumer import Consumer
from shared.messaging.figures import FIGURES, measure
from shared.messaging.housekeeping import HOUSEKEEPING, drop_old_marks
from shared.messaging.outbox import OUTBOX, anything_due, enqueue, relay
from shared.messaging.presence import GONE_S, LOOKS_EVERY_S, PRESENCE, look, resting
from shared.messaging.publisher import Publisher
from shared.messaging.request_client import RequestClient
from shared.messaging.request_server import RequestServer
from shared.messaging.router import ServiceRouter, WiringError, check_parameters, parameters
from shared.messaging.supervision import SUPERVISION, begin, supervise
from shared.observability import log, what_failed
from shared.personal_data.catch_up import FOLLOWING_S, LEDGER, catch_up, follow
from shared.personal_data.data_map import DataMap
from shared.personal_data.erasure import Eraser
from shared.personal_data.maps_at_work import SEEN_EVERY_S
from shared.personal_data.participant import announce, announce_what_is_in_force, participant
from shared.personal_data.purpose_limitation import uncovered
from shared.personal_data.registered import require_registered
from shared.personal_data.retention.daily import end_what_is_over
from shared.personal_data.retention.ends import Retention
from shared.personal_data.retention_run import RETENTION
from shared.personal_data.vacuum import VACUUM, vacuum
from shared.problems import Refused
from shared.settings import Settings

RELAY_STALLED_S = 30.0
RETRY_START_S = 1.0
RETRY_START_LIMIT_S = 5.0
HOURLY_S = 3600.0
FIGURES_S = 10.0
VACUUM_PAUSE_S = 10.0


@dataclass(frozen=True)
class Resources:
    """What a running service has in hand; handlers and jobs ask for its parts by name."""

    settings: Any
    database: Database
    client: RequestClient
    publisher: Publisher

    def provided(self) -> dict[str, Any]:
        return {"settings": self.settings, "database": self.database, "client": self.client}


Wire = Callable[[Resources], dict[str, Any]]
Jobs = Callable[[Any], Sequence[Loop]]


@runtime_checkable
class Closing(Protocol):
    """What a service wires and what has to be closed at its end."""

    async def aclose(self) -> None: ...


@dataclass(frozen=True)
class Gate:
    """What a service has to do before its database may serve anybody, and before each of its commits."""

    before_commit: BeforeCommit
    opens: Callable[[Database], Awaitable[None]]


@dataclass(frozen=True)
class Service:
    """One service: its name, its routers, what it holds about people, and what it does by the clock.

    `wire` makes what handlers and jobs ask for besides the kit's own; `jobs` lists the loops by the settings.
    """

    name: str
    router: ServiceRouter
    eraser: Eraser
    settings: type[Settings] = Settings
    wire: Wire = lambda _resources: {}
    jobs: Jobs = lambda _settings: ()
    takes_orders: bool = True
    ends: Retention | None = None
    gate: Callable[[Any], Gate] | None = None
    check: Callable[[Any, Database], Awaitable[None]] | None = None  # CannotStart: settings do not go with its rows

    @property
    def retention(self) -> Retention:
        """When its rows end; a service that declares nothing has what the law kept of the erased, and the kit's."""
        return self.ends or Retention(self.data_map)

    @property
    def data_map(self) -> DataMap:
        return self.eraser.data_map

    def learns_too_much(self) -> list[str]:
        """The events that its own handlers react to without a purpose for what they tell of."""
        return uncovered(self.data_map, self.router.event_handlers, sees_to_rights=not self.takes_orders)

    def complete_router(self) -> ServiceRouter:
        whole = ServiceRouter(self.name)
        whole.include(self.router)
        if self.takes_orders:
            whole.include(participant(self.eraser))
        return whole

    def main(self) -> None:
        """Run until SIGTERM or SIGINT; exits with 1 and one sentence when it cannot start as it is set up."""
        lifecycle.main(self.name, self.settings, lambda settings: running(self, settings))


@contextlib.asynccontextmanager
async def running(service: Service, settings: Settings) -> AsyncIterator[Resources]:
    """A started service; leaving the block drains it: stop taking, finish, relay what is committed.

    Raises CannotStart for a missing setting, a taken port, a missing queue, a parameter that nobody provides.
    """
    if not settings.postgres_url.get_secret_value():
        raise CannotStart("settings are missing or wrong: LETHE_POSTGRES_URL: Field required")
    gate = service.gate(settings) if service.gate else None
    resources = _resources(service, settings, gate)
    router, provided, loops = _wired(service, resources)
    listening = health.listen(settings.health_host, settings.health_port)
    stop, draining, caught_up = asyncio.Event(), asyncio.Event(), asyncio.Event()
    broker: brokers.Broker | None = None
    admissions = _admissions(router, resources)
    presence = Loop(PRESENCE, lambda: look(broker, resources.publisher, admissions), LOOKS_EVERY_S)
    watching, tasks = [asyncio.create_task(run(presence, asyncio.Event(), draining))], []
    checks = partial(_checks, resources, loops[0], admissions, caught_up)
    web = health.server(health.application(lambda: checks(broker), lambda: presence.progress.age_s < GONE_S))
    web_task = asyncio.create_task(web.serve(sockets=[listening]))
    try:
        await _insist(resources.database.open, stop, "database")
        await _learn(service, gate, resources, stop)
        caught_up.set()
        signals = resources.database.signals
        tasks = [asyncio.create_task(run(loop, signals[loop.name], stop)) for loop in loops]
        await announce(resources.database, service.data_map, settings.recipients)
        signals[OUTBOX].set()
        await begin(resources.database, admissions)
        broker = started = _broker(service.name, router, provided, resources, admissions)
        await brokers.start(broker)
        supervision = Loop(SUPERVISION, lambda: supervise(resources.database, started, admissions))
        watching.append(asyncio.create_task(run(supervision, signals[SUPERVISION], draining)))
        log.info("ready")
        yield resources
    finally:
        draining.set()
        await end(watching, settings.drain_seconds)  # they would miss the consumers that are ended now
        if broker is not None:
            await broker.stop()
        stop.set()
        await end(tasks, settings.drain_seconds)
        await _relay_the_rest(resources, caught_up)
        await _close(resources, provided, web, web_task)


async def _learn(service: Service, gate: Gate | None, resources: Resources, stop: asyncio.Event) -> None:
    """Nobody is served, no job runs and no event leaves before the database knows all that was decided."""
    if check := service.check:
        await _insist(lambda: check(resources.settings, resources.database), stop, "settings")
    if gate:
        await _insist(lambda: gate.opens(resources.database), stop, "ledger")
    if service.takes_orders:
        await _insist(partial(catch_up, resources.database, resources.client, service.eraser), stop, "catching up")
        await _insist(partial(require_registered, resources.settings.recipients, resources.client), stop, "register")


async def _close(
    resources: Resources, provided: dict[str, Any], web: uvicorn.Server, web_task: asyncio.Task[None]
) -> None:
    web.should_exit = True
    await web_task
    for closing in (value for value in provided.values() if isinstance(value, Closing)):
        await closing.aclose()
    await resources.client.close()
    await resources.publisher.close()
    await resources.database.close()


def _resources(service: Service, settings: Settings, gate: Gate | None) -> Resources:
    amqp, url = settings.amqp_url.get_secret_value(), settings.postgres_url.get_secret_value()
    before_commit = gate.before_commit if gate else enqueue
    return Resources(
        settings=settings,
        database=Database(url, service.name, before_commit, settings.pool_size, settings.patience_s),
        client=RequestClient(amqp, service.name, settings.patience_s),
        publisher=Publisher(amqp, f"{service.name} outbox"),
    )


def _wired(service: Service, resources: Resources) -> tuple[ServiceRouter, dict[str, Any], list[Loop]]:
    router, provided = service.complete_router(), resources.provided() | service.wire(resources)
    jobs = service.jobs(resources.settings)
    if not resources.settings.assertion_keys and any(r.contract.actor for r in router.request_handlers.values()):
        raise CannotStart("settings are missing or wrong: LETHE_ASSERTION_KEYS: Field required")
    if too_much := service.learns_too_much():
        raise CannotStart(too_much[0])
    try:
        router.check(provided)
        for job in jobs:
            check_parameters(job.step, provided)
    except WiringError as error:
        raise CannotStart(str(error)) from error
    loops = [*_own_loops(service, resources), *(job.wired(parameters(job.step), provided) for job in jobs)]
    return router, provided, loops


def _own_loops(service: Service, resources: Resources) -> list[Loop]:
    database, data_map = resources.database, service.data_map
    recipients = resources.settings.recipients
    following = [Loop(LEDGER, lambda: follow(database, resources.client, service.eraser), FOLLOWING_S)]
    return [
        Loop(OUTBOX, lambda: relay(database, resources.publisher)),
        Loop(FIGURES, lambda: measure(database), FIGURES_S),
        Loop(VACUUM, lambda: vacuum(database, data_map), HOURLY_S, VACUUM_PAUSE_S),
        Loop(HOUSEKEEPING, lambda: drop_old_marks(database), HOURLY_S),
        Loop(RETENTION, lambda: end_what_is_over(database, service.retention), HOURLY_S),
        Loop("data map", lambda: announce_what_is_in_force(database, data_map, recipients), SEEN_EVERY_S),
        *(following if service.takes_orders else ()),
    ]


def _admissions(router: ServiceRouter, resources: Resources) -> list[Admission]:
    return [Admission(handler.queue, resources.database.signals[SUPERVISION].set) for handler in router.event_handlers]


def _broker(
    name: str, router: ServiceRouter, provided: dict[str, Any], resources: Resources, admissions: Sequence[Admission]
) -> brokers.Broker:
    settings, database, publisher = resources.settings, resources.database, resources.publisher
    taking = zip(router.event_handlers, admissions, strict=True)
    consumers = [Consumer(handler, database, publisher, provided, admission) for handler, admission in taking]
    slots = asyncio.Semaphore(settings.request_concurrency)
    verifier = Verifier.of(settings.assertion_keys) if settings.assertion_keys else None
    server = RequestServer(name, router.request_handlers, database, publisher, provided, slots, verifier)
    amqp = settings.amqp_url.get_secret_value()
    return brokers.build(amqp, name, consumers, server, settings.prefetch, settings.drain_seconds)


async def _insist(step: Callable[[], Awaitable[None]], stop: asyncio.Event, what: str) -> None:
    """Repeat a start-up step until it works: servers and other services may come later."""
    failures = 0
    while not stop.is_set():
        try:
            await step()
            return
        except CannotStart:
            raise
        except Refused as refused:
            log.warning("waiting", step=what, reason=refused.problem.title)
        except Exception as error:  # noqa: BLE001 whatever keeps a server from answering
            log.warning("waiting", step=what, **what_failed(error))
        failures += 1
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), backoff(failures, RETRY_START_S, RETRY_START_LIMIT_S, factor=1.5))


async def _relay_the_rest(resources: Resources, caught_up: asyncio.Event) -> None:
    if not caught_up.is_set():
        return
    with contextlib.suppress(Exception):  # what could not leave waits in the outbox for the next start
        async with asyncio.timeout(resources.settings.drain_seconds):
            while await relay(resources.database, resources.publisher):
                pass


async def _checks(
    resources: Resources,
    relaying: Loop,
    admissions: Sequence[Admission],
    caught_up: asyncio.Event,
    broker: brokers.Broker | None,
) -> dict[str, bool]:
    if not await resources.database.reachable():
        return {"database": False, "caught_up": caught_up.is_set(), "consumers": False, "relay": False}
    return {
        "database": True,
        "caught_up": caught_up.is_set(),
        "consumers": broker is not None and brokers.consuming(broker, resting(admissions)),
        "relay": relaying.progress.age_s < RELAY_STALLED_S or not await anything_due(resources.database),
    }
