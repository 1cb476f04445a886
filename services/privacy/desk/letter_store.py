"""The rows of the desk's letters: issued with what they decide, sent to the address of their case, kept with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from services.privacy.cases.machine import may_go
from services.privacy.desk.checklist import Kind
from services.privacy.desk.letters import Composed
from services.privacy.desk.store import LockedCase
from services.privacy.loops import DESK_LETTERS
from shared.contracts.fields import Language
from shared.contracts.privacy import Right
from shared.database import Transaction
from shared.mail.delivery import LEASE_S, Ending
from shared.problems import refuse

ISSUE = "INSERT INTO case_letter (letter_id, case_id, subject_id, kind, title, text) VALUES ($1, $2, $3, $4, $5, $6)"
# The case's own letter, such as its receipt, goes first, once: where it has to be tried again nobody waits for it.
LEASE = """
WITH due AS MATERIALIZED (
  SELECT l.letter_id, c.sealed_address, c.language, c.kind AS "right", c.state
  FROM case_letter l JOIN privacy_case c USING (case_id)
  WHERE l.ending IS NULL AND l.due_at <= now() AND c.sealed_address IS NOT NULL
    AND (c.letter IS NULL OR c.letter_tries > 1)
  ORDER BY l.due_at LIMIT $1 FOR UPDATE OF l SKIP LOCKED)
UPDATE case_letter l SET tries = tries + 1, due_at = now() + make_interval(secs => $2)
FROM due WHERE l.letter_id = due.letter_id
RETURNING l.letter_id, l.case_id, l.subject_id, l.kind, l.title, l.text, l.tries AS attempts, due.sealed_address,
  due.language, due."right", due.state
"""
ENDED = "UPDATE case_letter SET ending = $2, ended_at = clock_timestamp() WHERE letter_id = $1"
# The address goes with the last letter of a case that has ended.
FORGET = """
UPDATE privacy_case c SET sealed_address = NULL
WHERE case_id = $1 AND closed_at IS NOT NULL AND letter IS NULL
  AND NOT EXISTS (SELECT FROM case_letter l WHERE l.case_id = c.case_id AND l.ending IS NULL)
"""
# An ended case has none any more; what is given here goes with the letter.
WRITE_TO = "UPDATE privacy_case SET sealed_address = $2 WHERE case_id = $1 AND sealed_address IS NULL"
POSTPONE = "UPDATE case_letter SET due_at = now() + make_interval(secs => $2) WHERE letter_id = $1"


@dataclass(frozen=True)
class DueLetter:
    """A letter that waits to be sent."""

    letter_id: UUID
    case_id: UUID
    subject_id: UUID
    kind: Kind
    title: str
    text: str
    attempts: int
    sealed_address: bytes
    language: Language
    right: Right
    state: str

    @property
    def can_be_stopped(self) -> bool:
        """Whether it says how to stop the case: it is the receipt, and its person can take the case back."""
        return self.kind == "entered" and may_go(self.right, self.state, "withdrawn")


def key(due: DueLetter) -> str:
    """The letter's own name, by which the mail provider knows it."""
    return f"desk-{due.letter_id}"


async def issue(tx: Transaction, case: LockedCase, letter: Composed) -> None:
    """Raises Refused (409) for a case whose address is gone."""
    if not case.can_be_written_to:
        raise refuse(409, "the case has no address to write to", field="address", message="it was given up")
    await tx.run(ISSUE, uuid4(), case.case_id, case.subject_id, letter.kind, letter.subject, letter.text)
    tx.wake(DESK_LETTERS)


async def write_to(tx: Transaction, case_id: UUID, sealed_address: bytes) -> None:
    """Give a case an address for one more letter, if it has none."""
    await tx.run(WRITE_TO, case_id, sealed_address)


async def lease(tx: Transaction, limit: int) -> Sequence[DueLetter]:
    """Take the letters that are due; for LEASE_S they are nobody else's."""
    return [DueLetter(**row) for row in await tx.rows(LEASE, limit, LEASE_S)]


async def ended(tx: Transaction, due: DueLetter, ending: Ending) -> None:
    await tx.run(ENDED, due.letter_id, ending.value)
    await tx.run(FORGET, due.case_id)


async def postpone(tx: Transaction, due: DueLetter, wait_s: float) -> None:
    await tx.run(POSTPONE, due.letter_id, wait_s)
