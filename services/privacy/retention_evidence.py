"""What retention runs did in every service: rows that are evidence, and end as proof does."""

from pydantic_core import to_json

from shared.contracts.participants import RetentionRan
from shared.database import Transaction

# A run is told of once, and a message may come again.
ADD = """
INSERT INTO retention_evidence (service, run_id, as_of, started_at, ended_at, whole, purges)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING
"""


async def add(tx: Transaction, ran: RetentionRan) -> None:
    """Keep what a run did as evidence."""
    purges = to_json(ran.purges).decode()
    await tx.run(ADD, ran.service, ran.run_id, ran.as_of, ran.started_at, ran.ended_at, ran.whole, purges)
