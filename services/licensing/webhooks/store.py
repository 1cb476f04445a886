"""The vendor's systems and what they are to be told, in PostgreSQL."""

from collections.abc import Sequence
from uuid import UUID

from services.licensing.webhooks.rules import DISABLED_AFTER, KEPT_DAYS, Delivery
from shared.contracts import licensing
from shared.database import Transaction
from shared.problems import refuse

ADD = "INSERT INTO webhook_endpoint (endpoint_id, url, types, sealed_secret) VALUES ($1, $2, $3, $4)"
REMOVE = "DELETE FROM webhook_endpoint WHERE endpoint_id = $1"
ENABLE = "UPDATE webhook_endpoint SET enabled = true, failures = 0, rest_until = NULL WHERE endpoint_id = $1"
ENDPOINTS = """
SELECT e.endpoint_id, e.url, e.types, e.enabled, e.failures, e.fault, e.created_at,
  (SELECT count(*) FROM webhook_delivery d WHERE d.endpoint_id = e.endpoint_id AND d.state = 'due') AS due,
  (SELECT count(*) FROM webhook_delivery d WHERE d.endpoint_id = e.endpoint_id AND d.state = 'failed') AS failed
FROM webhook_endpoint e ORDER BY e.created_at, e.endpoint_id
"""
LEASE = """
WITH due AS MATERIALIZED (
  SELECT d.delivery_id FROM webhook_delivery d JOIN webhook_endpoint e USING (endpoint_id)
  WHERE d.state = 'due' AND d.next_try_at <= now() AND e.enabled AND COALESCE(e.rest_until <= now(), true)
  ORDER BY d.next_try_at LIMIT $1 FOR UPDATE OF d SKIP LOCKED)
UPDATE webhook_delivery d SET attempts = attempts + 1, next_try_at = now() + make_interval(secs => $2)
FROM due, webhook_endpoint e WHERE d.delivery_id = due.delivery_id AND e.endpoint_id = d.endpoint_id
RETURNING d.delivery_id, d.endpoint_id, d.event_id, d.type, d.data, d.happened_at, d.attempts, e.url, e.sealed_secret
"""
DELIVERED = """
WITH heard AS (UPDATE webhook_endpoint SET failures = 0, fault = '' WHERE endpoint_id = $2)
UPDATE webhook_delivery SET state = 'delivered', ended_at = now(), fault = '' WHERE delivery_id = $1
"""
FAILED = """
UPDATE webhook_delivery SET fault = $2, next_try_at = now() + make_interval(secs => $3),
  state = CASE WHEN $4 THEN 'failed' ELSE state END, ended_at = CASE WHEN $4 THEN now() END
WHERE delivery_id = $1
"""
UNHEARD = f"""
UPDATE webhook_endpoint SET failures = failures + 1, fault = $2, enabled = enabled AND NOT $3
  AND failures + 1 < {DISABLED_AFTER}, rest_until = now() + make_interval(secs => $4)
WHERE endpoint_id = $1 RETURNING enabled
"""  # noqa: S608 constants
DELIVERIES = """
SELECT delivery_id, event_id, type, happened_at, state, attempts, fault, ended_at FROM webhook_delivery
WHERE endpoint_id = $1 AND ($2 = '' OR state = $2) ORDER BY happened_at DESC, delivery_id LIMIT $3
"""
REPLAY = """
UPDATE webhook_delivery SET state = 'due', attempts = 0, next_try_at = now(), fault = '', ended_at = NULL
WHERE delivery_id = $1 AND state <> 'due'
"""
EXISTS = "SELECT EXISTS (SELECT FROM webhook_delivery WHERE delivery_id = $1)"
DROP_OLD = f"DELETE FROM webhook_delivery WHERE happened_at < now() - interval '{KEPT_DAYS} days'"  # noqa: S608 constants


async def add(tx: Transaction, endpoint_id: UUID, url: str, types: Sequence[str], sealed_secret: bytes) -> None:
    await tx.run(ADD, endpoint_id, url, sorted(set(types)), sealed_secret)


async def remove(tx: Transaction, endpoint_id: UUID) -> None:
    """With what it was still to be told. Raises Refused (404)."""
    if not await tx.run(REMOVE, endpoint_id):
        raise refuse(404, "no such webhook endpoint")


async def enable(tx: Transaction, endpoint_id: UUID) -> None:
    """Send it what waits, and what comes. Raises Refused (404)."""
    if not await tx.run(ENABLE, endpoint_id):
        raise refuse(404, "no such webhook endpoint")


async def endpoints(tx: Transaction) -> tuple[licensing.WebhookEndpoint, ...]:
    return tuple(licensing.WebhookEndpoint.model_validate(dict(row)) for row in await tx.rows(ENDPOINTS))


async def lease(tx: Transaction, limit: int, seconds: float) -> list[Delivery]:
    return [Delivery(**row) for row in await tx.rows(LEASE, limit, seconds)]


async def delivered(tx: Transaction, delivery: Delivery) -> None:
    await tx.run(DELIVERED, delivery.delivery_id, delivery.endpoint_id)


async def failed(tx: Transaction, delivery: Delivery, fault: str, wait_s: float, *, over: bool) -> None:
    await tx.run(FAILED, delivery.delivery_id, fault, wait_s, over)


async def unheard(tx: Transaction, endpoint_id: UUID, fault: str, rest_s: float, *, gone: bool) -> bool:
    """Count a try in vain; answers whether the system is still told anything."""
    return bool(await tx.value(UNHEARD, endpoint_id, fault, gone, rest_s))


async def deliveries(
    tx: Transaction, endpoint_id: UUID, state: str, limit: int
) -> tuple[licensing.WebhookDelivery, ...]:
    rows = await tx.rows(DELIVERIES, endpoint_id, state, limit)
    return tuple(licensing.WebhookDelivery.model_validate(dict(row)) for row in rows)


async def replay(tx: Transaction, delivery_id: UUID) -> None:
    """Tell it once more; one that is due is told anyway. Raises Refused (404)."""
    if not await tx.run(REPLAY, delivery_id) and not await tx.value(EXISTS, delivery_id):
        raise refuse(404, "no such delivery", message=f"they are kept for {KEPT_DAYS} days")


async def drop_old(tx: Transaction) -> None:
    await tx.run(DROP_OLD)
