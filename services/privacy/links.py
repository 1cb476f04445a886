"""Ids that turned out to be one person: a case covers them all. Linked, never re-keyed."""

from shared.contracts import identity
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.personal_data.subjects import lock_subject
from shared.purposes import Purpose

router = ServiceRouter("privacy")

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


@router.event(identity.SubjectsLinked, purpose=Purpose.RIGHTS)
async def link(event: identity.SubjectsLinked, tx: Transaction) -> None:
    """Remember that two ids are one person.

    People are locked before the turn is taken: the consumer has locked one already, and whoever has its turn
    must not wait for an erasure that waits for somebody in the queue.
    """
    for one in sorted((event.subject_id, event.other_id)):
        await lock_subject(tx, one)
    await tx.value(ONE_AT_A_TIME)
    arguments = (event.subject_id, event.other_id, event.person)
    await tx.run(LINK, *arguments)
    await tx.run(MERGE, *arguments)
