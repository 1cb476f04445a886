"""The one way to PostgreSQL: a transaction that carries its purpose and its outgoing messages."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg

from shared.contracts.message import Event
from shared.purposes import Purpose
from shared.tracing import part, statement

COMMAND_TIMEOUT_S = 60.0
CONNECT_TIMEOUT_S = 5.0
STATEMENTS_KEPT = 1000
"""Prepared, on each connection: more than a service has. Of asyncpg's hundred, loops push out one another's."""

ONE_BY_ONE = "OFFSET 0"
"""At the end of an EXISTS: looked up for each row by its index, never joined.

Behind row-level security PostgreSQL expects one row where thousands come, and joins two tables by reading the whole
second one for each row of the first: 2,000 due cases took 12 s to be picked.
"""

Row = asyncpg.Record


class Transaction:
    """An open transaction of one service for one purpose; leaving its block commits or rolls back."""

    def __init__(self, connection: Any, service: str, purpose: Purpose) -> None:
        self.service = service
        self.purpose = purpose
        self.connection = connection
        self.opened = 0
        self.outgoing: list[Event] = []
        self.wakes: set[str] = set()
        self.followers: list[Callable[[], Awaitable[None]]] = []

    async def rows(self, sql: str, *args: Any) -> list[Row]:
        with statement(sql):
            return list(await self.connection.fetch(sql, *args))

    async def row(self, sql: str, *args: Any) -> Row | None:
        """The first row of a statement, or None."""
        with statement(sql):
            row: Row | None = await self.connection.fetchrow(sql, *args)
        return row

    async def value(self, sql: str, *args: Any) -> Any:
        """The first column of the first row, or None."""
        with statement(sql):
            return await self.connection.fetchval(sql, *args)

    async def run(self, sql: str, *args: Any) -> int:
        """Run a statement and tell how many rows it touched."""
        with statement(sql):
            return rows_of(await self.connection.execute(sql, *args))

    @contextlib.asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A part that can fail alone; what it published and woke is forgotten with it."""
        outgoing, wakes, followers = list(self.outgoing), set(self.wakes), list(self.followers)
        await self.connection.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            self.outgoing, self.wakes, self.followers = outgoing, wakes, followers
            if not self.connection.is_closed():
                await self.connection.execute("ROLLBACK TO part; RELEASE part")
            raise
        await self.connection.execute("RELEASE part")

    def publish(self, event: Event) -> None:
        """Tell everybody, once this transaction has committed."""
        self.outgoing.append(event)

    def wake(self, loop: str) -> None:
        self.wakes.add(loop)

    def after_commit(self, follower: Callable[[], Awaitable[None]]) -> None:
        """Have something done once this transaction has committed, such as a call to an outside system.

        What it raises reaches whoever opened the transaction; the commit stands.
        """
        self.followers.append(follower)

    async def plan_once(self) -> None:
        """Have what follows planned once for all values: with row-level security planning takes longer than running."""
        await self.connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")

    async def declare(self, purpose: Purpose) -> None:
        """Go on for another purpose."""
        self.purpose = purpose
        await self.connection.execute(f"SET LOCAL lethe.purpose = '{purpose.value}'")


def rows_of(status: str) -> int:
    """How many rows the last statement touched or had, as PostgreSQL's word on it says."""
    count = status.rpartition(" ")[2]
    return int(count) if count.isdigit() else 0


async def _nothing_to_reset(_connection: Any) -> None:
    """What a transaction sets is LOCAL and it always ends: the pool's own reset is a round trip for nothing."""


class UnreachableError(ConnectionError):
    """No connection could be acquired: PostgreSQL is starting, stopping, full, or closed for maintenance."""

    def __init__(self, sqlstate: str | None) -> None:
        super().__init__("the database is not reachable")
        self.sqlstate = sqlstate


BeforeCommit = Callable[[Transaction], Awaitable[None]]
"""The last step of every transaction: what it published is stored (`messaging.outbox.enqueue`)."""


class Database:
    """A service's connection pool, and the signals that its commits give to the loops of the process."""

    def __init__(
        self, url: str, service: str, before_commit: BeforeCommit, size: int = 8, patience_s: float = CONNECT_TIMEOUT_S
    ) -> None:
        self.service, self._patience_s = service, patience_s
        self._before_commit = before_commit
        self.signals: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._url, self._size = url, size
        self._pool: asyncpg.Pool | None = None

    @property
    def pool(self) -> asyncpg.Pool:
        if self._pool is None:
            raise RuntimeError(f"the database of {self.service} is not open")
        return self._pool

    async def open(self) -> None:
        """Connect. Raises OSError or asyncpg.PostgresError when PostgreSQL can't be reached."""
        self._pool = await asyncpg.create_pool(
            self._url,
            min_size=1,
            max_size=self._size,
            command_timeout=COMMAND_TIMEOUT_S,
            timeout=self._patience_s,
            server_settings={"application_name": self.service},
            reset=_nothing_to_reset,
            # the statement of an erasure is long, and planning it costs more than running it for one person
            max_cacheable_statement_size=0,
            max_cached_statement_lifetime=0,
            statement_cache_size=STATEMENTS_KEPT,
        )

    async def close(self) -> None:
        if self._pool is None:
            return
        pool, self._pool = self._pool, None
        try:
            await asyncio.wait_for(pool.close(), CONNECT_TIMEOUT_S)
        except TimeoutError:
            pool.terminate()

    @contextlib.asynccontextmanager
    async def transaction(
        self, purpose: Purpose, *, durable: bool = True, opening: str = ""
    ) -> AsyncIterator[Transaction]:
        """One READ COMMITTED transaction for one purpose; its messages leave after the commit.

        `durable=False` does not wait for the disk: for work that a crash may undo without harm.
        `opening` is its first statement, sent in the same round trip; `tx.opened` is how many rows that had.
        """
        begin = f"BEGIN; SET LOCAL lethe.purpose = '{purpose.value}'"
        if not durable:
            begin += "; SET LOCAL synchronous_commit = off"
        if opening:
            begin += f"; {opening}"
        async with self._connected(purpose) as connection:
            tx = Transaction(connection, self.service, purpose)
            try:
                tx.opened = rows_of(await connection.execute(begin))
                yield tx
                await self._before_commit(tx)
            except BaseException:
                if not connection.is_closed():
                    await asyncio.shield(connection.execute("ROLLBACK"))
                raise
            if await connection.execute("COMMIT") != "COMMIT":
                # PostgreSQL answers the COMMIT of a failed transaction with ROLLBACK and without an error
                raise asyncpg.InFailedSQLTransactionError("an error was swallowed and everything rolled back")
        for loop in tx.wakes:
            self.signals[loop].set()
        for follower in tx.followers:
            await follower()

    @contextlib.asynccontextmanager
    async def _connected(self, purpose: Purpose) -> AsyncIterator[Any]:
        """A connection. Raises UnreachableError whatever PostgreSQL's reason: it is never the message's fault."""
        told = {"db.system.name": "postgresql", "db.namespace": self.service, "lethe.purpose": purpose.value}
        with part("transaction", told):
            try:
                connection = await self.pool.acquire(timeout=self._patience_s)
            except (OSError, asyncpg.PostgresError) as error:
                raise UnreachableError(getattr(error, "sqlstate", None)) from error
            try:
                yield connection
            finally:
                await self.pool.release(connection)

    async def reachable(self) -> bool:
        try:
            async with self.pool.acquire(timeout=CONNECT_TIMEOUT_S) as connection:
                return bool(await connection.fetchval("SELECT true", timeout=CONNECT_TIMEOUT_S))
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
