"""A participant leaves: an act with a reason, which the certificates of the orders it left open quote."""

from collections.abc import Collection

from services.privacy.erasure_orders.store import ONE_DISPATCHER, OWES
from services.privacy.loops import BLOCKS, CLOSING, DISPATCHER
from shared.contracts.privacy import ParticipantState
from shared.database import Transaction
from shared.observability import log
from shared.problems import refuse

STATES = """
SELECT p.service, p.map_version, p.announced_at, p.left_at, p.left_reason AS reason, p.service = ANY ($1) AS required,
  count(o.order_id) AS unanswered, min(o.ordered_at) AS waiting_since
FROM participant p
LEFT JOIN (order_participant a JOIN erasure_order o USING (order_id))
  ON a.service = p.service AND a.owes AND a.service <> 'privacy'
GROUP BY p.service ORDER BY p.service
"""
# No order may be written meanwhile: it would wait for the one that leaves.
NO_ORDERS = "SELECT pg_advisory_xact_lock($1)"
STANDING = "SELECT left_at IS NOT NULL AS has_left FROM participant WHERE service = $1 FOR UPDATE"
LEAVE = f"""
WITH departure AS (INSERT INTO participant_departure (service, reason) VALUES ($1, $2) RETURNING departure_id, left_at),
gone AS (UPDATE participant SET left_at = d.left_at, left_reason = $2 FROM departure d WHERE service = $1),
released AS (UPDATE order_participant p SET awaited = p.answered, departure_id = d.departure_id
  FROM departure d, erasure_order o
  WHERE o.order_id = p.order_id AND o.open AND p.service = $1
    AND {OWES} RETURNING p.order_id)
SELECT count(*) FROM released
"""  # noqa: S608 constants


async def states(tx: Transaction, required: Collection[str]) -> tuple[ParticipantState, ...]:
    """Everybody who ever announced a data map, by name."""
    return tuple(ParticipantState(**row) for row in await tx.rows(STATES, list(required)))


async def leave(tx: Transaction, service: str, reason: str, required: Collection[str]) -> int:
    """Ask a participant no more; answers how many open orders waited for it.

    Raises Refused: 404 for a name that nobody has, 409 for one that can't leave, or has left. Who is required stays:
    without it nothing at all would be ordered, silently.
    """
    await tx.run(NO_ORDERS, ONE_DISPATCHER)
    row = await tx.row(STANDING, service)
    if row is None:
        raise refuse(404, "there is no participant of this name", field="service")
    if service == tx.service:
        raise refuse(409, "privacy keeps the cases and can't leave", field="service")
    if service in required:
        raise refuse(409, "it is required: take it out of LETHE_PARTICIPANTS and restart privacy first")
    if row["has_left"]:
        raise refuse(409, "it has left already", field="service")
    orders = int(await tx.value(LEAVE, service, reason))
    for loop in (BLOCKS, CLOSING, DISPATCHER):
        tx.wake(loop)
    log.warning("participant left", participant=service)
    return orders
