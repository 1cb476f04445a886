"""Which failures cost an attempt and which wait for the infrastructure."""

import asyncpg
import pytest

from shared.database import UnreachableError
from shared.messaging.faults import Fault, Rejected, classify


def refused_by(routine: str) -> asyncpg.PostgresError:
    """As PostgreSQL says it: fields C, M and R of the protocol."""
    error: asyncpg.PostgresError = asyncpg.PostgresError.new({"C": "42501", "M": "refused", "R": routine})
    return error


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (asyncpg.InternalClientError("got result for unknown protocol state 0"), Fault.INFRASTRUCTURE),
        (asyncpg.InterfaceError("connection is closed"), Fault.INFRASTRUCTURE),
        (asyncpg.ConnectionDoesNotExistError("connection was closed"), Fault.INFRASTRUCTURE),
        (asyncpg.AdminShutdownError("terminating connection"), Fault.INFRASTRUCTURE),
        (asyncpg.TooManyConnectionsError("too many clients"), Fault.INFRASTRUCTURE),
        (UnreachableError("55000"), Fault.INFRASTRUCTURE),
        (ConnectionResetError(), Fault.INFRASTRUCTURE),
        (TimeoutError(), Fault.SLOW),
        (asyncpg.DataError("invalid input for query argument"), Fault.PERMANENT),
        (asyncpg.CheckViolationError("new row violates check constraint"), Fault.PERMANENT),
        (Rejected("report on an unknown order"), Fault.PERMANENT),
        (asyncpg.DeadlockDetectedError("deadlock detected"), Fault.CONFLICT),
        (asyncpg.SerializationError("could not serialize access"), Fault.CONFLICT),
        (refused_by("ExecWithCheckOptions"), Fault.BLOCKED),
        (refused_by("aclcheck_error"), Fault.TRANSIENT),
        (asyncpg.LockNotAvailableError("lock timeout"), Fault.CONFLICT),
        (asyncpg.QueryCanceledError("canceling statement due to statement timeout"), Fault.SLOW),
        (RuntimeError("anything else"), Fault.TRANSIENT),
    ],
)
def test_what_a_failure_costs(error: Exception, fault: Fault) -> None:
    assert classify(error) is fault
