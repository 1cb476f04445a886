"""The rows of people whom a breach concerns, and of the letter that each of them gets once."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.privacy.loops import BREACH_LETTERS
from shared.contracts.fields import Language
from shared.contracts.privacy.breaches import AffectedPeople, BreachWords, WriteOfBreach
from shared.database import Transaction
from shared.mail.delivery import LEASE_S
from shared.problems import refuse

UNKNOWN = """
SELECT min(place) FROM unnest($1::uuid[]) WITH ORDINALITY AS listed (subject_id, place)
WHERE NOT EXISTS (SELECT FROM subject s WHERE s.subject_id = listed.subject_id)
"""
NAME = """
WITH named AS (
  INSERT INTO breach_person (breach_id, subject_id)
  SELECT $1, subject_id FROM subject WHERE subject_id = ANY ($2) AND live ORDER BY subject_id
  ON CONFLICT DO NOTHING RETURNING subject_id)
SELECT (SELECT count(*) FROM named) AS named,
  (SELECT count(*) FROM subject WHERE subject_id = ANY ($2) AND NOT live) AS erased
"""
ISSUE = "INSERT INTO breach_letter (breach_id, contact, words) VALUES ($1, $2, $3)"
BY_LETTERS = "UPDATE breach SET people_told = 'letters' WHERE breach_id = $1"
# What the officer says of the breach by now counts: where people are told otherwise, no further letter leaves.
LEASE = """
WITH due AS MATERIALIZED (
  SELECT p.breach_id, p.subject_id, b.categories, l.contact, l.words
  FROM breach_person p JOIN breach b USING (breach_id) JOIN breach_letter l USING (breach_id)
  WHERE p.ending IS NULL AND p.due_at <= now() AND b.people_told = 'letters'
  ORDER BY p.due_at LIMIT $1 FOR UPDATE OF p SKIP LOCKED)
UPDATE breach_person p SET tries = tries + 1, due_at = now() + make_interval(secs => $2)
FROM due WHERE p.breach_id = due.breach_id AND p.subject_id = due.subject_id
RETURNING p.breach_id, p.subject_id, p.tries AS attempts, due.categories, due.contact, due.words
"""
ENDED = """
UPDATE breach_person SET ending = $3, ended_at = clock_timestamp() WHERE breach_id = $1 AND subject_id = $2
"""
POSTPONE = """
UPDATE breach_person SET due_at = now() + make_interval(secs => $3) WHERE breach_id = $1 AND subject_id = $2
"""


@dataclass(frozen=True)
class DueLetter:
    """Somebody who is to be written to of a breach, with the words in both languages."""

    breach_id: UUID
    subject_id: UUID
    attempts: int
    categories: tuple[str, ...]
    contact: str
    words: dict[Language, BreachWords]


async def name(tx: Transaction, breach_id: UUID, people: Sequence[UUID]) -> AffectedPeople:
    """Note whom a breach concerns. Raises Refused (422) for an id that nobody has."""
    if place := await tx.value(UNKNOWN, list(people)):
        field = f"subject_ids.{place - 1}"
        raise refuse(422, "nobody is known by this id", field=field, message="leave it out; nobody was named")
    (row,) = await tx.rows(NAME, breach_id, list(people))
    tx.wake(BREACH_LETTERS)
    return AffectedPeople(**row)


async def issue(tx: Transaction, request: WriteOfBreach) -> None:
    words = json.dumps(request.model_dump(mode="json", include={"pl", "en"}), ensure_ascii=False)
    await tx.run(ISSUE, request.breach_id, request.contact, words)
    await tx.run(BY_LETTERS, request.breach_id)
    tx.wake(BREACH_LETTERS)


async def lease(tx: Transaction, limit: int) -> list[DueLetter]:
    """Whom to write to now; for LEASE_S they are nobody else's."""
    due = []
    for row in await tx.rows(LEASE, limit, LEASE_S):
        words = {language: BreachWords(**said) for language, said in json.loads(row["words"]).items()}
        due.append(DueLetter(**dict(row) | {"categories": tuple(row["categories"]), "words": words}))
    return due


async def ended(tx: Transaction, due: DueLetter, ending: str) -> None:
    await tx.run(ENDED, due.breach_id, due.subject_id, ending)


async def postpone(tx: Transaction, due: DueLetter, wait_s: float) -> None:
    await tx.run(POSTPONE, due.breach_id, due.subject_id, wait_s)
