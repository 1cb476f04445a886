"""The rows of cases."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from uuid import UUID, uuid4

from services.privacy.cases.clock import ClockRow, clock_state
from services.privacy.cases.machine import opens_in
from services.privacy.cases.rules import Opening
from services.privacy.holds.store import WAITED_FOR
from services.privacy.loops import LETTERS, TRACES
from services.privacy.recipients.reading import with_recipients
from shared.clock import now, today
from shared.contracts import privacy
from shared.contracts.privacy import Right
from shared.database import Row, Transaction
from shared.observability import log
from shared.personal_data.subjects import require_live
from shared.problems import refuse
from shared.secrets import digest

# What all services confirm within seconds is told by one letter: the outcome takes the place of the receipt.
INSERT = """
INSERT INTO privacy_case (case_id, subject_id, kind, state, channel, language, verified_by, received_at,
  due_on, target_on, run_at, terminate_contract, token_hash, sealed_address, letter, address_hash, ground, about,
  statement, letter_due_at)
VALUES ($1, $2, $14, $15, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
  CASE WHEN $12::bytea IS NOT NULL AND $19 THEN 'receipt' END, $13, $16, $17, $18,
  now() + make_interval(secs => CASE WHEN $15 = 'applying' THEN 5 ELSE 0 END))
ON CONFLICT (subject_id, kind, coalesce(about, '')) WHERE closed_at IS NULL DO NOTHING
"""
OPEN = """
SELECT case_id FROM privacy_case
WHERE subject_id = $1 AND kind = $2 AND about IS NOT DISTINCT FROM $3 AND closed_at IS NULL
"""


async def open_case(
    tx: Transaction,
    opening: Opening,
    token: str,
    sealed_address: bytes | None,
    address_hash: bytes | None = None,
    *,
    begins_in: str = "",
) -> UUID:
    """Store a case. What begins in another state than its right has no receipt of its right.

    Raises Refused: 409 when the person has an open one, 410 after erasure.
    """
    await require_live(tx, opening.subject_id)
    case_id, o, begins = uuid4(), opening, begins_in or opens_in(opening.right)
    inserted = await tx.run(
        INSERT,
        *(case_id, o.subject_id, o.channel, o.language, o.verified_by, o.received_at, o.due_on, o.target_on, o.run_at),
        *(o.terminate_contract, digest(token), sealed_address, address_hash),
        *(o.right, begins, o.ground, o.about, o.statement, not begins_in),
    )
    if not inserted:
        follow = f"follow the open case {await open_of(tx, o.subject_id, o.right, o.about)}"
        raise refuse(409, "a case of this right is open already", field="right", message=follow)
    if begins != "applying":
        tx.wake(LETTERS)
    if o.right == "erasure" and o.run_at <= now():
        tx.wake(TRACES)
    return case_id


async def open_of(tx: Transaction, subject_id: UUID, right: str, about: str | None = None) -> UUID | None:
    """The person's open case of a right."""
    case_id: UUID | None = await tx.value(OPEN, subject_id, right, about)
    return case_id


CLOCK_COLUMNS = tuple(field.name for field in fields(ClockRow))
CASES = f"""
SELECT c.case_id, c.kind AS right, c.state, c.received_at, c.due_on, c.target_on, c.run_at AS runs_at, c.closed_at,
  CASE WHEN c.state = 'ready' THEN c.run_at END AS copy_until, c.terminate_contract, c.ground, c.about, c.statement,
  c.notified_at, c.asked_on, c.paused_from, c.paused_days, c.extended_on,
  (SELECT min(h.review_at) FROM hold h WHERE c.kind = 'erasure' AND c.closed_at IS NULL AND h.subject_id = c.subject_id
    AND {WAITED_FOR}) AS held_until_review_on,
  p.service, p.answered, p.failed, p.reminders
FROM privacy_case c
LEFT JOIN LATERAL (
  SELECT a.service, a.answered >= cardinality(o.subjects) AS answered, a.failed <> '{{}}' AS failed, a.reminders
  FROM order_participant a JOIN erasure_order o USING (order_id) WHERE a.order_id = c.order_id
  UNION ALL
  SELECT service, done_at IS NOT NULL, false, attempts FROM copy_part WHERE case_id = c.case_id
  UNION ALL
  SELECT service, bool_and(service = ANY (b.confirmed)), false, max(b.reminders)
  FROM block b CROSS JOIN unnest(b.asked) AS service WHERE b.case_id = c.case_id GROUP BY service
  UNION ALL
  SELECT service, bool_and(service <> ALL (k.waits || k.gone)), false, 0
  FROM case_correction k CROSS JOIN unnest(k.asked) AS service WHERE k.case_id = c.case_id GROUP BY service) p ON true
WHERE (c.token_hash = $1 OR c.subject_id = $2)
ORDER BY c.received_at, c.case_id, p.service
"""  # noqa: S608 constants


async def by_token(tx: Transaction, token: str) -> privacy.Case:
    """The case of a token. Raises Refused (404)."""
    cases = await with_recipients(tx, _cases(await tx.rows(CASES, digest(token), None)))
    if not cases:
        raise refuse(404, "no such case")
    return cases[0]


async def of_person(tx: Transaction, subject_id: UUID) -> tuple[privacy.Case, ...]:
    return await with_recipients(tx, _cases(await tx.rows(CASES, None, subject_id)))


def _cases(rows: Sequence[Row]) -> tuple[privacy.Case, ...]:
    by_case: dict[UUID, list[Row]] = {}
    for row in rows:
        by_case.setdefault(row["case_id"], []).append(row)
    return tuple(
        privacy.Case.model_validate(
            {
                **group[0],
                "clock": clock_state(clock_row(group[0]), today()),
                "progress": [_progress(row) for row in group if row["service"]],
            }
        )
        for group in by_case.values()
    )


def clock_row(row: Row) -> ClockRow:
    """What a row of `privacy_case` says of its clock."""
    return ClockRow(**{name: row[name] for name in CLOCK_COLUMNS})


def _progress(row: Row) -> privacy.ParticipantProgress:
    return privacy.ParticipantProgress(
        service=row["service"], answered=row["answered"], failed=row["failed"], reminders=row["reminders"]
    )


# A case that was taken back has nothing to follow, unless there is no other. What staff entered came earlier.
REPLACE = """
UPDATE privacy_case SET token_hash = $2 WHERE case_id = (
  SELECT case_id FROM privacy_case WHERE address_hash = $1
  ORDER BY state = 'withdrawn', closed_at IS NOT NULL, received_at DESC LIMIT 1)
RETURNING case_id
"""


async def replace_token(tx: Transaction, address_hash: bytes, token: str) -> UUID:
    """Give the newest case of a mailbox another token; the one before is dead. Raises Refused (404)."""
    case_id: UUID | None = await tx.value(REPLACE, address_hash, digest(token))
    if case_id is None:
        raise refuse(404, "no case of this address")
    return case_id


WHOSE = 'SELECT case_id, subject_id, kind AS "right" FROM privacy_case'
WANTED = f"{WHOSE} WHERE token_hash = $1 OR (subject_id = $2 AND case_id = $3)"
BY_ID = f"{WHOSE} WHERE case_id = $1"
STATE = "SELECT state FROM privacy_case WHERE case_id = $1"
WITHDRAW = """
WITH wanted AS (SELECT case_id, state FROM privacy_case WHERE case_id = $1 FOR UPDATE),
done AS (UPDATE privacy_case c SET state = 'withdrawn', closed_at = now(),
    letter = CASE WHEN sealed_address IS NOT NULL THEN 'withdrawn' END, letter_due_at = now(), letter_tries = 0
  FROM wanted WHERE c.case_id = wanted.case_id AND EXISTS (
    SELECT FROM case_transition t WHERE t.kind = c.kind AND t.before = wanted.state AND t.after = 'withdrawn')
  RETURNING c.state)
SELECT coalesce((SELECT state FROM done), (SELECT state FROM wanted))
"""


@dataclass(frozen=True)
class Wanted:
    """A case and whose it is."""

    case_id: UUID
    subject_id: UUID
    right: Right


async def wanted(tx: Transaction, token: str, member: UUID | None, case_id: UUID | None) -> Wanted | None:
    """The case of a token, or one of a member's."""
    row = await tx.row(WANTED, digest(token) if token else None, member, case_id)
    return Wanted(**row) if row else None


async def by_id(tx: Transaction, case_id: UUID) -> Wanted | None:
    row = await tx.row(BY_ID, case_id)
    return Wanted(**row) if row else None


async def state(tx: Transaction, case_id: UUID) -> str:
    """How far a case is."""
    return str(await tx.value(STATE, case_id))


async def withdraw(tx: Transaction, case_id: UUID) -> str:
    """Withdraw a case if its machine lets it; answers the state it has now."""
    return str(await tx.value(WITHDRAW, case_id))


# Linked ids are purged one by one when one of them fails: their case may have been closed with the first.
REOPEN = """
UPDATE privacy_case SET state = 'failed', closed_at = NULL, letter = nullif(letter, 'outcome'),
  run_at = clock_timestamp() + least(interval '1 minute' * 4 ^ least(attempt - 1, 6), interval '1 day')
WHERE case_id = ANY ($1)
"""


async def reopen_failed(tx: Transaction, cases: Collection[UUID]) -> None:
    """Keep cases open whose erasure failed somewhere; they are ordered again with growing waits."""
    if cases:
        await tx.run(REOPEN, list(cases))
        log.error("erasure failed for people of an order", people=len(cases))


SAY = "SELECT set_config('lethe.by', $1, true), set_config('lethe.reason', $2, true)"


async def say(tx: Transaction, by: UUID, reason: str) -> None:
    """Who of the staff makes the next step of a case, and why."""
    await tx.rows(SAY, str(by), reason)


async def say_no_more(tx: Transaction) -> None:
    """What else happens in this transaction happens by itself."""
    await tx.rows(SAY, "", "")
