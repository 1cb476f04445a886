"""Which failures are permanent, which are the infrastructure's, and which deserve another try."""

from enum import Enum

import asyncpg
from pydantic import ValidationError


class Fault(Enum):
    """What to do about a failed message."""

    PERMANENT = "permanent"  # straight to the dead letters
    INFRASTRUCTURE = "infrastructure"  # wait until the database answers again; costs no attempt
    BLOCKED = "blocked"  # PostgreSQL refused a write for this purpose: an outcome, not an error
    LATE = "late"  # the person was erased while we worked: dropped and counted
    CONFLICT = "conflict"  # serialization failure, deadlock or a lock held too long: at once again
    SLOW = "slow"  # a statement that took too long: as transient, and no sign that the server is away
    TRANSIENT = "transient"  # everything else: retry with growing waits


class Rejected(Exception):
    """A handler's finding that a message breaks a rule and will always break it.

    `reason` is a fixed phrase without values.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


ROW_LEVEL_SECURITY = "ExecWithCheckOptions"
"""The routine of PostgreSQL that refuses a row (protocol field R)."""
FOREIGN_KEY_VIOLATION = "23503"
SUBJECT_STAYS_ERASED = "subject_stays_erased"
OF_A_LIVE_PERSON = ("_of_a_live_person", "_of_a_person")
NAMES_A_LIVE_PERSON = "_names_a_live_person"
CONFLICTS = ("40001", "40P01", "55P03")
QUERY_CANCELED = "57014"
INFRASTRUCTURE_CLASSES = ("08", "53", "57")
PERMANENT_CLASSES = ("22", "23")


def classify(error: BaseException) -> Fault:
    if isinstance(error, Rejected | ValidationError | asyncpg.DataError):
        return Fault.PERMANENT
    if isinstance(error, asyncpg.InsufficientPrivilegeError):
        # a right that nobody granted says the same SQLSTATE, and is no answer about a person
        routine = getattr(error, "server_source_function", None)
        return Fault.BLOCKED if routine == ROW_LEVEL_SECURITY else Fault.TRANSIENT
    if isinstance(error, asyncpg.PostgresError):
        return classify_sqlstate(error.sqlstate or "", getattr(error, "constraint_name", None) or "")
    if isinstance(error, TimeoutError):  # of a statement: who gets no connection at all hears UnreachableError
        return Fault.SLOW
    # InternalClientError: how asyncpg reports a connection that was cut in the middle of a dialogue (seen)
    if isinstance(error, OSError | asyncpg.InterfaceError | asyncpg.InternalClientError):
        return Fault.INFRASTRUCTURE
    return Fault.TRANSIENT


def classify_sqlstate(sqlstate: str, constraint: str) -> Fault:
    """Sort a PostgreSQL error by SQLSTATE (PostgreSQL manual, appendix A) and constraint name."""
    if constraint == SUBJECT_STAYS_ERASED:
        return Fault.LATE
    if sqlstate == FOREIGN_KEY_VIOLATION and constraint.endswith(OF_A_LIVE_PERSON):
        return Fault.LATE
    if sqlstate in CONFLICTS or constraint.endswith(NAMES_A_LIVE_PERSON):  # done again, the row names nobody
        return Fault.CONFLICT
    if sqlstate == QUERY_CANCELED:
        return Fault.SLOW
    if sqlstate.startswith(INFRASTRUCTURE_CLASSES):
        return Fault.INFRASTRUCTURE
    if sqlstate.startswith(PERMANENT_CLASSES):
        return Fault.PERMANENT
    return Fault.TRANSIENT
