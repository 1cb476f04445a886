"""What a service that joins or was restored asks before its first event."""

from uuid import UUID

from shared.contracts import privacy
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("privacy")

# Those in open orders, too, unless the asker still owes its report: the order may have left before it had a
# queue, or its answer was lost with its database. The newest order that named a person decides about
# contracts; one who is named by a linked id has no case of the own.
ERASED = """
WITH going AS (SELECT DISTINCT unnest(subjects) AS subject_id FROM erasure_order o WHERE open
    AND NOT EXISTS (SELECT FROM order_participant p WHERE p.order_id = o.order_id AND p.service = $3
                    AND p.answered < cardinality(o.subjects))),
page AS (
  SELECT subject_id FROM subject WHERE NOT live AND subject_id > $1
  UNION SELECT subject_id FROM going WHERE subject_id > $1
  ORDER BY subject_id LIMIT $2)
SELECT p.subject_id, NOT coalesce(
  (SELECT c.terminate_contract FROM privacy_case c WHERE c.subject_id = p.subject_id AND c.order_id IS NOT NULL
   ORDER BY c.closed_at DESC NULLS FIRST LIMIT 1),
  (SELECT c.terminate_contract FROM erasure_order o, unnest(o.subjects, o.cases) AS named (subject_id, case_id)
   JOIN privacy_case c USING (case_id) WHERE p.subject_id = ANY (o.subjects) AND named.subject_id = p.subject_id
   ORDER BY o.ordered_at DESC LIMIT 1),
  true) AS contracts_go_on
FROM page p ORDER BY p.subject_id
"""
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
FIRST = UUID(int=0)


@router.request(privacy.ErasedSubjects, purpose=Purpose.RIGHTS)
async def erased_subjects(request: privacy.ErasedSubjects, tx: Transaction) -> privacy.ErasedPage:
    """A page of the tombstones, with those that are just being set."""
    after = UUID(request.after) if request.after else FIRST
    rows = await tx.rows(ERASED, after, request.limit, request.service)
    ids = tuple(row["subject_id"] for row in rows)
    return privacy.ErasedPage(
        ids=ids,
        next=str(ids[-1]) if len(ids) == request.limit else "",
        contracts_go_on=tuple(row["subject_id"] for row in rows if row["contracts_go_on"]),
    )


@router.request(privacy.LastAnsweredOrder, purpose=Purpose.RIGHTS)
async def last_answered_order(request: privacy.LastAnsweredOrder, tx: Transaction) -> privacy.AnsweredOrder:
    """The newest orders that a service answered, open or closed: its database must know each of them."""
    answered = await tx.value(ANSWERED, request.service)
    return privacy.AnsweredOrder(order_id=answered[0] if answered else None, order_ids=answered)


@router.request(privacy.Permissions, purpose=Purpose.RIGHTS)
async def known_permissions(request: privacy.Permissions, tx: Transaction) -> privacy.PermissionPage:
    """A page of the permissions of living people."""
    person, _, purpose = request.after.partition(" ")
    rows = await tx.rows(DECIDED, UUID(person) if person else FIRST, purpose, request.limit)
    found = tuple(privacy.KnownPermission.model_validate(dict(row)) for row in rows)
    last = found[-1] if len(found) == request.limit else None
    return privacy.PermissionPage(permissions=found, next=f"{last.subject_id} {last.purpose}" if last else "")
