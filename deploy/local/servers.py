"""PostgreSQL, RabbitMQ and the mailbox together: the private ones, or those named in the environment."""

import os
import shutil
import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from deploy.local import mailbox, postgres, processes, rabbitmq
from deploy.local.folders import STATE, StartError, Tell, alone, say_nothing, state_of_tests

Result = TypeVar("Result")

SLOW_STEP_S = 1.0
BUSY = "Another ./lethe is starting or stopping the servers of {folder} right now: wait until it is done."


@dataclass(frozen=True)
class Servers:
    """How the services reach what they stand on; `mailbox_folder` is None when mail goes elsewhere."""

    postgres_admin_url: str
    amqp_url: str
    management_url: str
    smtp_url: str
    mailbox_folder: Path | None


def running_servers(folder: Path = STATE, *, durable: bool = True, tell: Tell = say_nothing) -> Servers:
    """Return running servers: started now, found running, or named in the environment.

    What is started stays when the caller ends: `stop_servers` ends it. `tell` hears of each slow step.
    """
    with alone(folder, BUSY.format(folder=folder)), ThreadPoolExecutor() as pool:
        database = pool.submit(_timed, "PostgreSQL", lambda: _postgres_url(folder, durable=durable), tell)
        broker = pool.submit(_timed, "RabbitMQ", lambda: _rabbit_urls(folder, tell), tell)
        mail = pool.submit(_timed, "mailbox", lambda: _mail_place(folder), tell)
        return Servers(database.result(), *broker.result(), *mail.result())


def kill_servers(folder: Path = STATE) -> None:
    """End all private servers of the folder as a power cut would."""
    for each in (postgres, rabbitmq, mailbox):
        each.kill(folder)


def stop_servers(folder: Path = STATE, keep: Collection[str] = ()) -> None:
    """End the private servers of the folder, but those to keep; their data stays."""
    with alone(folder, BUSY.format(folder=folder)), ThreadPoolExecutor() as pool:
        ends = [pool.submit(each.stop, folder) for each in (postgres, rabbitmq, mailbox) if each.NAME not in keep]
        for end in ends:
            end.result()


@contextmanager
def servers_of_tests(tell: Tell = say_nothing) -> Iterator[Servers]:
    """Private servers until the block ends; nothing of theirs stays."""
    folder = state_of_tests()
    try:
        yield running_servers(folder, durable=False, tell=tell)
    finally:
        stop_servers(folder)
        shutil.rmtree(folder)


def running_processes(folder: Path = STATE) -> dict[str, int | None]:
    """Name each private server with its process id, None for one that does not run."""
    names = (postgres.NAME, rabbitmq.NAME, rabbitmq.NAME_SERVICE, mailbox.NAME)
    return {name: processes.running(folder, name) for name in names}


def _timed(name: str, start: Callable[[], Result], tell: Tell) -> Result:
    began = time.monotonic()
    started = start()
    took_s = time.monotonic() - began
    if took_s > SLOW_STEP_S:
        tell(f"{name} is ready ... {took_s:.0f} s")
    return started


def _postgres_url(folder: Path, *, durable: bool) -> str:
    return os.environ.get("LETHE_POSTGRES_ADMIN_URL") or postgres.start(folder, durable=durable).admin_url


def _rabbit_urls(folder: Path, tell: Tell) -> tuple[str, str]:
    amqp_url, management_url = (os.environ.get(f"LETHE_{name}_URL") for name in ("AMQP", "MANAGEMENT"))
    if amqp_url and management_url:
        return amqp_url, management_url
    if amqp_url or management_url:
        raise StartError("LETHE_AMQP_URL and LETHE_MANAGEMENT_URL name one broker: set both or neither.")
    server = rabbitmq.start(folder, tell=tell)
    return server.amqp_url, server.management_url


def _mail_place(folder: Path) -> tuple[str, Path | None]:
    if smtp_url := os.environ.get("LETHE_SMTP_URL"):
        return smtp_url, None
    server = mailbox.start(folder)
    return server.smtp_url, server.folder
