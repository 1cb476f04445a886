"""What must not happen twice: the owner stores the key with the effect, never a response body.

After draft-ietf-httpapi-idempotency-key-header: the same key with the same body is answered alike,
with another body it is refused.
"""

import hashlib
from dataclasses import dataclass
from uuid import UUID

from shared.contracts.message import Created
from shared.database import Transaction
from shared.messaging.requests import refuse

CREATED = 201

REMEMBER = """
INSERT INTO idempotency (key_hash, principal, route, body_hash, status)
VALUES ($1, $2, $3, $4, 201) ON CONFLICT DO NOTHING
"""
RECALL = """
SELECT body_hash, resource_id FROM idempotency WHERE key_hash = $1 AND principal = $2 AND route = $3
"""
COMPLETE = "UPDATE idempotency SET resource_id = $4 WHERE key_hash = $1 AND principal = $2 AND route = $3"
FORGET = "DELETE FROM idempotency WHERE created_at < now() - interval '24 hours'"


def digest(text: str | bytes) -> bytes:
    """The hash under which keys and bodies are kept."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).digest()


async def recall(tx: Transaction, key: str, principal: str, route: str, body: bytes) -> Created | None:
    """Claim the key for this transaction, or give the answer of the first time.

    A second request with the same key waits here until the first has committed.
    Raises Refused (422) when the key was used for another body.
    """
    if await tx.run(REMEMBER, digest(key), principal, route, digest(body)):
        return None
    row = await tx.row(RECALL, digest(key), principal, route)
    if row is None or row["body_hash"] != digest(body):
        raise refuse(
            422,
            "Idempotency-Key was used for another request",
            field="Idempotency-Key",
            message="use a new key for a new request",
        )
    return Created(id=row["resource_id"])


async def complete(tx: Transaction, key: str, principal: str, route: str, resource: UUID) -> None:
    """Store what the key created."""
    await tx.run(COMPLETE, digest(key), principal, route, resource)


@dataclass(frozen=True)
class Claim:
    """The idempotency key of a request, for a handler that opens its own transaction."""

    key: str
    principal: str
    route: str
    body: bytes

    async def recall(self, tx: Transaction) -> Created | None:
        """The answer of the first time, or None when this is the first. Raises Refused as `recall` does."""
        return await recall(tx, self.key, self.principal, self.route, self.body) if self.key else None

    async def complete(self, tx: Transaction, resource: UUID) -> Created:
        """Store what was created and answer it."""
        if self.key:
            await complete(tx, self.key, self.principal, self.route, resource)
        return Created(id=resource)


async def forget_old(tx: Transaction) -> None:
    """Drop keys older than a day."""
    await tx.run(FORGET)
