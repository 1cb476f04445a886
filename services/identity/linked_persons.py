"""Two ids that turn out to be one person are linked, never re-keyed."""

from uuid import UUID

from shared.contracts import identity
from shared.database import Transaction
from shared.personal_data.subjects import Standing, lock_subject
from shared.problems import refuse

# The older id names the group; two groups become one.
GROUP = """
SELECT coalesce(min(person::text)::uuid, $1) FROM linked_person WHERE subject_id IN ($1, $2)
"""
JOIN = """
INSERT INTO linked_person (subject_id, person) SELECT unnest(ARRAY[$1, $2]::uuid[]), $3 ON CONFLICT DO NOTHING
"""
MERGE = """
UPDATE linked_person SET person = $3
WHERE person IN (SELECT person FROM linked_person WHERE subject_id IN ($1, $2)) AND person <> $3
"""
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(4542)"
MINTED = "SELECT true FROM confirmed_address WHERE subject_id = $1"


async def link(tx: Transaction, request: identity.LinkPersons) -> None:
    """Link two living ids and tell everybody, once per id. Raises Refused (404, 410, 422)."""
    if request.subject_id == request.other_id:
        raise refuse(422, "these are one id", field="other_id", message="name two different ids")
    await _require_minted(tx, "subject_id", request.subject_id)
    await _require_minted(tx, "other_id", request.other_id)
    one, other = sorted((request.subject_id, request.other_id))
    await tx.value(ONE_AT_A_TIME)
    person = await tx.value(GROUP, one, other)
    await tx.run(JOIN, one, other, person)
    await tx.run(MERGE, one, other, person)
    tx.publish(identity.SubjectsLinked(subject_id=one, other_id=other, person=person))
    tx.publish(identity.SubjectsLinked(subject_id=other, other_id=one, person=person))


async def _require_minted(tx: Transaction, field: str, subject_id: UUID) -> None:
    """Lock one of the two. Raises Refused: 410 after erasure, 404 for an id that was never minted."""
    if await lock_subject(tx, subject_id) is Standing.ERASED:
        raise refuse(410, "this person's data was erased", field=field)
    if not await tx.value(MINTED, subject_id):
        raise refuse(404, "no such person", field=field)
