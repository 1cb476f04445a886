"""What a service that joins or was restored has to know: who is gone, who allows what, which orders it answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.privacy.erasure_orders.store import OWES
from shared.contracts.privacy import KnownPermission
from shared.database import Transaction

# Those in open orders, too, unless the asker still owes its report: the order may have left before it had a
# queue, or its answer was lost with its database. Whom it could not erase it is asked for by the next order. The
# newest order that named a person decides about contracts; one who is named by a linked id has no case of the own.
GOING = f"""going AS (SELECT DISTINCT subject_id FROM erasure_order o, unnest(subjects) AS subject_id WHERE open
    AND NOT EXISTS (SELECT FROM order_participant p WHERE p.order_id = o.order_id AND p.service = $3
                    AND ({OWES} OR subject_id = ANY (p.failed))))"""  # noqa: S608 constants
WHETHER_CONTRACTS_GO_ON = """
SELECT p.subject_id, NOT coalesce(
  (SELECT c.terminate_contract FROM privacy_case c WHERE c.subject_id = p.subject_id AND c.order_id IS NOT NULL
   ORDER BY c.closed_at DESC NULLS FIRST LIMIT 1),
  (SELECT c.terminate_contract FROM erasure_order o, unnest(o.subjects, o.cases) AS named (subject_id, case_id)
   JOIN privacy_case c USING (case_id) WHERE p.subject_id = ANY (o.subjects) AND named.subject_id = p.subject_id
   ORDER BY o.ordered_at DESC LIMIT 1),
  true) AS contracts_go_on
FROM page p ORDER BY p.subject_id
"""
ERASED = f"""
WITH {GOING},
page AS (
  SELECT subject_id FROM subject WHERE NOT live AND subject_id > $1
  UNION SELECT subject_id FROM going WHERE subject_id > $1
  ORDER BY subject_id LIMIT $2)
{WHETHER_CONTRACTS_GO_ON}"""  # noqa: S608 constants
ERASED_AMONG = f"""
WITH {GOING.replace("$3", "$2")},
page AS (
  SELECT subject_id FROM unnest($1::uuid[]) AS named (subject_id)
  WHERE EXISTS (SELECT FROM subject s WHERE s.subject_id = named.subject_id AND NOT s.live)
    OR subject_id IN (SELECT subject_id FROM going))
{WHETHER_CONTRACTS_GO_ON}"""  # noqa: S608 constants
NEWEST = 100
ANSWERED = f"""
SELECT coalesce(array_agg(newest.order_id ORDER BY newest.ordered_at DESC), '{{}}') FROM (
  SELECT order_id, ordered_at, subjects FROM erasure_order ORDER BY ordered_at DESC LIMIT {NEWEST}) AS newest
JOIN order_participant p ON p.order_id = newest.order_id AND p.service = $1
WHERE p.answered >= cardinality(newest.subjects)
"""  # noqa: S608 constants
DECIDED = """
SELECT subject_id, purpose, allowed, version FROM permission
WHERE (subject_id, purpose) > ($1, $2) ORDER BY subject_id, purpose LIMIT $3
"""


@dataclass(frozen=True)
class Erased:
    """Somebody erased or just being erased; whether the living contracts were not to be ended."""

    subject_id: UUID
    contracts_go_on: bool


async def erased_after(tx: Transaction, after: UUID, limit: int, service: str) -> list[Erased]:
    """A page of the tombstones, in order, with those that are just being set."""
    return [Erased(**row) for row in await tx.rows(ERASED, after, limit, service)]


async def erased_among(tx: Transaction, people: Sequence[UUID], service: str) -> list[Erased]:
    """Of some people those with a tombstone, or for whom it is just being set."""
    return [Erased(**row) for row in await tx.rows(ERASED_AMONG, people, service)] if people else []


async def answered_orders(tx: Transaction, service: str) -> Sequence[UUID]:
    """The newest orders that a service answered, open or closed, newest first."""
    order_ids: Sequence[UUID] = await tx.value(ANSWERED, service)
    return order_ids


async def permissions_after(tx: Transaction, person: UUID, purpose: str, limit: int) -> tuple[KnownPermission, ...]:
    """A page of the permissions of living people, in order."""
    return tuple(KnownPermission.model_validate(dict(row)) for row in await tx.rows(DECIDED, person, purpose, limit))
