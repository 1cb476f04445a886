"""A server that cannot be used: in one sentence, without its password, whatever the library raised."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import asyncpg
import httpx
import psycopg
from aio_pika.exceptions import AMQPError
from sqlalchemy.exc import SQLAlchemyError

from deploy.local.folders import StartError
from shared.messaging.topology import TopologyError

DATABASE = (asyncpg.PostgresError, asyncpg.InterfaceError, psycopg.Error, SQLAlchemyError)
BROKER = (httpx.HTTPError, httpx.InvalidURL, AMQPError)


@contextmanager
def start_errors(server: str, url: str, variable: str) -> Iterator[None]:
    """Raise StartError when what is done with the server fails on its side; the variable may name another server."""
    try:
        yield
    except TopologyError as error:
        raise StartError(f"{server} holds something else than these services need: {error}.") from error
    except (OSError, *DATABASE, *BROKER) as error:
        place = urlsplit(url).netloc.rpartition("@")[2]
        said = next(iter(str(error).splitlines()), "") or type(error).__name__
        why = f"{server} at {place} cannot be used ({said})"
        raise StartError(f"{why}: check that it runs, and {variable} if you set it.") from error
