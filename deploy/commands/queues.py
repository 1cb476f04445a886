"""`./lethe queues`: how full everything is that messages wait in."""

import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any
from urllib.parse import urlsplit

import asyncpg
import typer
from rich.console import Console
from rich.table import Column, Table

from deploy import queue_figures, service_figures
from deploy.commands import access
from deploy.commands.access import NOTHING_FOUND, WRONG_USE
from deploy.commands.console import NOT_RUNNING, Json, age
from deploy.queue_figures import NoVirtualHost, Queue
from deploy.service_figures import ServiceFigures

EVERY_S = 2.0
ANY_BROKER = (
    "The broker's management API, such as https://operator@host:15671; a password is better kept in "
    "LETHE_MANAGEMENT_URL, as other users of this machine see this one."
)


@dataclass(frozen=True)
class Look:
    """One look at everything. `silent` are services whose database did not answer, with the kind of error."""

    queues: Sequence[Queue]
    services: Sequence[ServiceFigures]
    silent: Mapping[str, str]

    @property
    def retries(self) -> dict[str, int]:
        return {consumer: count for service in self.services for consumer, count in service.retries.items()}

    def facts(self) -> dict[str, Any]:
        return {
            "queues": [asdict(queue) | {"retries": self.retries.get(queue.name)} for queue in self.queues],
            "services": [
                {"service": each.service, "outbox": asdict(each.outbox), "inbox": each.inbox} for each in self.services
            ],
            "silent": dict(self.silent),
        }


def queues(
    url: Annotated[str, typer.Option("--url", help=ANY_BROKER)] = "",
    watch: Annotated[bool, typer.Option("--watch", help="Look again every 2 s until Ctrl-C.")] = False,
    times: Annotated[int, typer.Option(min=1, help="With --watch: end after so many looks.")] = 1_000_000,
    as_json: Json = False,
) -> None:
    """Tell of every queue what waits, how old it is, how fast it moves; of every service its outbox and inbox.

    Works with any broker by URL. Counts are the broker's, which it renews every 5 s by default. Rates are messages \
a second; a broker with `management.rates_mode = none` has none.

    The age of the oldest is exact to a second for dead letters, for `lethe.unrouted`, and for classic queues whose \
messages carry a timestamp. A quorum queue tells no age, and taking its first message in hand counts as a delivery: \
it is done only where the policy allows any number of them.

    What waits for a retry, outboxes and inboxes come from the services' databases, as far as they are known here.

    Exit codes: 0 done, 2 wrong use, 3 a server does not answer, 4 no such virtual host, 5 no rights.
    """
    _check(url)
    silent: Mapping[str, str] = {}
    for turn in range(times if watch else 1):
        if turn:
            time.sleep(EVERY_S)
        look = access.run(_look(url))
        _show(look, as_json=as_json, clear=watch)
        silent = look.silent
    if silent:
        raise access.fail(f"no answer from the database of {', '.join(silent)}: see ./lethe status", NOT_RUNNING)


def _check(url: str) -> None:
    if not url:
        return
    try:
        parts = urlsplit(url)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        fine = False
    if not fine:
        raise access.fail("--url names the management API: http://... or https://...", WRONG_USE)


async def _look(url: str) -> Look:
    virtual_host = access.virtual_host()
    try:
        every = await queue_figures.queues(url or access.management_url(), virtual_host)
    except NoVirtualHost:
        raise access.fail(f"there is no virtual host {virtual_host} on this broker", NOTHING_FOUND) from None
    services, silent = [], {}
    for name in access.known_services(elsewhere=bool(url or os.environ.get(access.MANAGEMENT))):
        try:
            async with access.database(name) as database:
                services.append(await service_figures.figures(database))
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            silent[name] = type(error).__name__  # the queues are told all the same
    return Look(every, services, silent)


def _show(look: Look, *, as_json: bool, clear: bool) -> None:
    if as_json:
        typer.echo(json.dumps(look.facts()))
        return
    console = Console()
    if clear:
        console.clear()
    console.print(_queues_table(look))
    if look.services:
        console.print(_services_table(look.services))


def _queues_table(look: Look) -> Table:
    table = Table(
        Column("queue", overflow="fold"), *("ready", "in hand", "consumers", "oldest", "in /s", "out /s", "retries")
    )
    retries = look.retries
    for queue in look.queues:
        old = "" if queue.oldest_s is None else age(queue.oldest_s)
        counts = (queue.ready, queue.unacknowledged, queue.consumers)
        rates = ("" if rate is None else f"{rate:.1f}" for rate in (queue.in_per_s, queue.out_per_s))
        table.add_row(queue.name, *map(str, counts), old, *rates, str(retries.get(queue.name) or ""))
    return table


def _services_table(services: Sequence[ServiceFigures]) -> Table:
    table = Table("service", "outbox", "oldest", "in quarantine", "inbox")
    for each in services:
        outbox = each.outbox
        old = age(outbox.lag_s) if outbox.waiting else ""
        table.add_row(each.service, str(outbox.waiting), old, str(outbox.quarantined), str(each.inbox))
    return table
