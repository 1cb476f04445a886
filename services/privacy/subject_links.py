"""Ids that turned out to be one person: a case covers them all. Linked, never re-keyed."""

from uuid import UUID

from shared.database import Transaction
from shared.personal_data.subjects import lock_subject

LINKED = """SELECT other.subject_id FROM subject_link mine
JOIN subject_link other ON other.person = mine.person WHERE mine.subject_id = {subject_id}"""
"""The ids that are one person with an id, it among them; none of who is linked with nobody."""

# Two groups become one: everybody in either takes the group's name.
LINK = """
INSERT INTO subject_link (subject_id, person)
SELECT id, $3 FROM unnest(ARRAY[$1, $2]::uuid[]) id
JOIN subject s ON s.subject_id = id AND s.live ORDER BY id
ON CONFLICT (subject_id) DO NOTHING
"""
MERGE = """
UPDATE subject_link SET person = $3
WHERE person IN (SELECT person FROM subject_link WHERE subject_id IN ($1, $2))
"""
# Neither statement sees the rows of a link that has not committed: of two at once a group would stay split.
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(4542)"


async def link(tx: Transaction, subject_id: UUID, other_id: UUID, person: UUID) -> None:
    """Remember that two ids are one person.

    People are locked before the turn is taken: the consumer has locked one already, and whoever has its turn
    must not wait for an erasure that waits for somebody in the queue.
    """
    for one in sorted((subject_id, other_id)):
        await lock_subject(tx, one)
    await tx.value(ONE_AT_A_TIME)
    await tx.run(LINK, subject_id, other_id, person)
    await tx.run(MERGE, subject_id, other_id, person)
