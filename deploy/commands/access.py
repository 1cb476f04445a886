"""How an operator's command reaches the broker and the databases, and what it says when it can't."""

import asyncio
import contextlib
import math
import os
import re
from collections.abc import AsyncIterator, Coroutine, Sequence
from typing import Annotated, Any, TypeVar

import asyncpg
import httpx
import typer
from aio_pika.exceptions import AMQPError, AuthenticationError, ProbableAuthenticationError
from aiormq.exceptions import ChannelAccessRefused, ChannelNotFoundEntity, ConnectionNotAllowed, InvalidFrameError

from deploy import broker, databases
from deploy.commands.console import NOT_RUNNING
from deploy.local import postgres, processes, rabbitmq
from deploy.local.folders import STATE
from deploy.local.keys import password_secret
from deploy.local.system import SERVICES, VIRTUAL_HOST
from deploy.topology.prune import StillUsed
from shared.database import Database
from shared.messaging.dead_letters import QueueGone
from shared.messaging.outbox import enqueue
from shared.messaging.request_client import DEFAULT_TIMEOUT_S

STILL_USED, WRONG_USE, NOTHING_FOUND, NO_RIGHTS = 1, 2, 4, 5
FORBIDDEN = (401, 403)
LONGEST_REASON = 200
Reason = Annotated[str, typer.Option("--reason", help="Why, in words that name no person; it is kept.")]

MANAGEMENT, PATIENCE = "LETHE_MANAGEMENT_URL", "LETHE_PATIENCE_S"
OWN_DATABASE = re.compile("LETHE_([A-Z][A-Z0-9]*)_POSTGRES_URL")

EXIT_CODES = "2 wrong use, 3 a server does not answer, 4 nothing found, 5 no rights"

Result = TypeVar("Result")

REFUSED = (
    *(AuthenticationError, ProbableAuthenticationError, ChannelAccessRefused, ConnectionNotAllowed),
    *(asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InsufficientPrivilegeError),
)
OLDER = (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError, asyncpg.InvalidCatalogNameError)
AWAY = (OSError, TimeoutError, AMQPError, httpx.HTTPError, asyncpg.PostgresError, asyncpg.InterfaceError)


def fail(sentence: str, code: int) -> typer.Exit:
    """Say why in one sentence; the caller raises what is answered."""
    typer.echo(f"lethe: {sentence}", err=True)
    return typer.Exit(code)


def reason_of(words: str) -> str:
    """Why an operator removes something. Ends the command when nothing is said, or too much."""
    if not 0 < len(words.strip()) <= LONGEST_REASON:
        raise fail(f"say why in 1 to {LONGEST_REASON} characters: --reason WORDS", WRONG_USE)
    return words.strip()


def patience_s() -> float:
    """So long a service may take to answer: LETHE_PATIENCE_S, as for the services themselves."""
    said = os.environ.get(PATIENCE, "")
    try:
        seconds = float(said or DEFAULT_TIMEOUT_S)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise fail(f"{PATIENCE} is a number of seconds", WRONG_USE)
    return seconds


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Do the work; every failure of a server ends the command with one sentence and the exit code of its kind."""
    try:
        return asyncio.run(work)
    except StillUsed as error:
        raise fail(str(error), STILL_USED) from None
    except QueueGone as error:
        raise fail(f"there is no queue {error}; the services are {', '.join(SERVICES)}", WRONG_USE) from None
    except ChannelNotFoundEntity:
        raise fail("the queue is gone: `./lethe topology check` tells what is missing", NOTHING_FOUND) from None
    except InvalidFrameError:  # how a refused virtual host shows itself
        raise fail(f"there is no virtual host {virtual_host()} for this account", NOTHING_FOUND) from None
    except REFUSED as error:
        raise fail(f"the server refuses this account ({type(error).__name__}): use an operator's", NO_RIGHTS) from None
    except OLDER:
        raise fail("the database is of another version: `./lethe up` brings it along", NOT_RUNNING) from None
    except httpx.HTTPStatusError as error:
        if error.response.status_code in FORBIDDEN:
            raise fail("the broker refuses this account: use an operator's", NO_RIGHTS) from None
        raise fail(f"the broker answers {error.response.status_code}: look into its log", NOT_RUNNING) from None
    except AWAY as error:
        raise fail(
            f"a server does not answer ({type(error).__name__}): start it with ./lethe up", NOT_RUNNING
        ) from None


def amqp_url() -> str:
    """The broker named in the environment, or the private one if it runs."""
    if url := os.environ.get("LETHE_AMQP_URL"):
        return broker.in_virtual_host(url, virtual_host())
    return broker.in_virtual_host(_private_broker().amqp_url, virtual_host())


def management_url() -> str:
    """The management API named in the environment, or that of the private broker if it runs."""
    return os.environ.get(MANAGEMENT) or _private_broker().management_url


def virtual_host() -> str:
    return os.environ.get("LETHE_VIRTUAL_HOST", VIRTUAL_HOST)


def _private_broker() -> rabbitmq.RabbitServer:
    if processes.running(STATE, rabbitmq.NAME) is None:
        raise fail("no broker is running: start it with ./lethe up", NOT_RUNNING)
    return rabbitmq.start(STATE)


def services(name: str) -> Sequence[str]:
    """The one that is named, or all. Ends the command when there is none of that name."""
    if not name:
        return SERVICES
    if name not in SERVICES and _own_url(name) is None:
        raise fail(f"there is no service {name}; the services are {', '.join(SERVICES)}", WRONG_USE)
    return [name]


def known_services(*, elsewhere: bool) -> list[str]:
    """Those whose database is named in the environment or runs privately; nothing private belongs to what is elsewhere.

    The environment may name other services than ours.
    """
    named = [match[1].lower() for match in map(OWN_DATABASE.fullmatch, os.environ) if match]
    all_of_ours = os.environ.get("LETHE_POSTGRES_ADMIN_URL") or not (elsewhere or no_private_postgres())
    return list(dict.fromkeys([*(SERVICES if all_of_ours else ()), *sorted(named)]))


@contextlib.asynccontextmanager
async def database(service: str) -> AsyncIterator[Database]:
    """A service's database through its working role, which may change nothing but data."""
    opened = Database(_own_url(service) or _working_url(service), service, enqueue, 2)
    await opened.open()
    try:
        yield opened
    finally:
        await opened.close()


def is_elsewhere() -> bool:
    """Whether databases are named in the environment: what `./lethe up` keeps privately is nobody's real data."""
    return bool(os.environ.get("LETHE_POSTGRES_ADMIN_URL") or any(map(OWN_DATABASE.fullmatch, os.environ)))


def no_private_postgres() -> bool:
    return processes.running(STATE, postgres.NAME) is None


def _own_url(service: str) -> str | None:
    return os.environ.get(f"LETHE_{service.upper()}_POSTGRES_URL")


def _working_url(service: str) -> str:
    admin_url = os.environ.get("LETHE_POSTGRES_ADMIN_URL")
    if not admin_url and no_private_postgres():
        raise fail("no PostgreSQL is running: start it with ./lethe up", NOT_RUNNING)
    admin_url = admin_url or postgres.start(STATE, durable=True).admin_url
    return databases.working_url(admin_url, service, secret=password_secret(STATE))
