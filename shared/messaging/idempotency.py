"""What must not happen twice: the owner stores the key with the effect, never a response body.

After draft-ietf-httpapi-idempotency-key-header: the same key with the same body is answered alike,
with another body it is refused. After its 24 hours a key is new, whether its row was dropped yet or not.
"""

from dataclasses import dataclass
from uuid import UUID

from shared.contracts.message import Created
from shared.database import Transaction
from shared.problems import refuse
from shared.secrets import digest

REMEMBER = """
INSERT INTO idempotency (key_hash, principal, route, body_hash, status)
VALUES ($1, $2, $3, $4, 201)
ON CONFLICT (key_hash, principal, route) DO UPDATE
SET body_hash = excluded.body_hash, resource_id = NULL, created_at = now()
WHERE idempotency.created_at < now() - interval '24 hours'
"""
RECALL = """
SELECT body_hash, resource_id FROM idempotency WHERE key_hash = $1 AND principal = $2 AND route = $3
"""
COMPLETE = "UPDATE idempotency SET resource_id = $4 WHERE key_hash = $1 AND principal = $2 AND route = $3"
DROP_OLD = "DELETE FROM idempotency WHERE created_at < now() - interval '24 hours'"


@dataclass(frozen=True)
class Claim:
    """The idempotency key of a request; an empty key claims nothing."""

    key: str
    principal: str
    route: str
    body: bytes

    async def recall(self, tx: Transaction) -> Created | None:
        """Claim the key for this transaction, or give the answer of the first time.

        A second request with the same key waits here until the first has committed.
        Raises Refused (422) when the key was used for another body.
        """
        if not self.key:
            return None
        body_hash = digest(self.body)
        if await tx.run(REMEMBER, digest(self.key), self.principal, self.route, body_hash):
            return None
        row = await tx.row(RECALL, digest(self.key), self.principal, self.route)
        if row is None or row["body_hash"] != body_hash:
            raise refuse(
                422,
                "Idempotency-Key was used for another request",
                field="Idempotency-Key",
                message="use a new key for a new request",
            )
        return Created(id=row["resource_id"])

    async def complete(self, tx: Transaction, resource: UUID) -> Created:
        if self.key:
            await tx.run(COMPLETE, digest(self.key), self.principal, self.route, resource)
        return Created(id=resource)


async def drop_old_keys(tx: Transaction) -> None:
    await tx.run(DROP_OLD)
