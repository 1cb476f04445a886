"""The inbox: every message counts once, and the person it is about is locked before anything else.

One round trip opens the handling of a message (kit_0001.sql, kit_0003.sql).
"""

from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

from shared.database import Transaction
from shared.observability import metrics


class Standing(StrEnum):
    """What the database knows of a message and of the person it is about."""

    DUPLICATE = "duplicate"
    LIVE = "live"
    ERASED = "erased"
    NOBODY = "nobody"  # the message names no person


BY_PLACE = dict(enumerate(Standing, start=1))
WORDS = f"'{{{','.join(Standing)}}}'::text[]"


def locking(subject_id: UUID | None) -> str:
    """The opening of a transaction that locks a person, if there is one, without a message."""
    return receiving(None, None, subject_id) if subject_id else ""


def receiving(message_id: UUID | None, consumer: str | None, subject_id: UUID | None) -> str:
    """The opening of a transaction that does what `mark_received` does; `standing_of` tells what came of it.

    What is sent together with BEGIN answers with a number of rows and nothing else: the place of the word.
    """
    arguments = ", ".join(_literal(each) for each in (message_id, consumer, subject_id))
    return f"SELECT FROM generate_series(1, array_position({WORDS}, lethe.enter({arguments})))"


def _literal(value: UUID | str | None) -> str:
    return "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"


def standing_of(tx: Transaction) -> Standing:
    """What a transaction that began with one of these openings knows of its person."""
    return BY_PLACE[tx.opened]


async def mark_received(tx: Transaction, message_id: UUID, consumer: str, subject_id: UUID | None) -> Standing:
    """Mark a message as received by a consumer and lock its person (`FOR KEY SHARE`)."""
    standing = Standing(await tx.value("SELECT lethe.enter($1, $2, $3)", message_id, consumer, subject_id))
    metrics.received.labels(consumer, standing).inc()
    return standing


async def mark_all_received(
    tx: Transaction, message_ids: Sequence[UUID], consumer: str, subject_ids: Sequence[UUID | None]
) -> list[Standing]:
    """The same for many messages and their people at once, in the order given."""
    words = await tx.value("SELECT lethe.enter_all($1, $2, $3)", message_ids, consumer, subject_ids)
    standings = [Standing(word) for word in words]
    for standing in standings:
        metrics.received.labels(consumer, standing).inc()
    return standings


async def lock_subject(tx: Transaction, subject_id: UUID) -> Standing:
    """Lock a person (`FOR KEY SHARE`) without a message: an erasure waits until this transaction has ended."""
    return Standing(await tx.value("SELECT lethe.enter(NULL, NULL, $1)", subject_id))


async def count(tx: Transaction) -> int:
    """How many marks there are."""
    return int(await tx.value("SELECT count(*) FROM inbox"))
