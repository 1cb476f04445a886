"""Which dead letters an operator dropped, and why."""

from collections.abc import Sequence

from shared.database import Transaction
from shared.messaging.dead_letters import DeadLetter

LONGEST = 200  # a broken message may say anything of itself
KEEP = """
INSERT INTO dead_letter_dropped (message_id, type, origin, given_up_for, failed_at, reason)
SELECT u.*, $6 FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[]) u
"""
FORGET = "DELETE FROM dead_letter_dropped WHERE dropped_at < now() - interval '1 year'"


async def keep(tx: Transaction, letters: Sequence[DeadLetter], reason: str) -> None:
    """Note what is about to be dropped."""
    texts = [[text[:LONGEST] for text in (each.message_id, each.type, each.origin, each.reason)] for each in letters]
    columns = [list(column) for column in zip(*texts, strict=True)] or [[], [], [], []]
    await tx.run(KEEP, *columns, [each.failed_at for each in letters], reason)


async def forget_old(tx: Transaction) -> None:
    await tx.run(FORGET)
