"""What officers are told once a day: how cases stand to their last day, what may miss it, who is silent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.privacy.cases.clock import SOON
from services.privacy.cases.machine import ANSWERED
from services.privacy.erasure_orders.store import OWES
from shared.database import Transaction
from shared.law.calendar import WARSAW
from shared.mail.delivery import LEASE_S

RUNNING = "closed_at IS NULL AND state <> ALL ($2::text[])"
"""Cases whose clock has not ended."""
NAMED = 50
# As `clock_state` has it: a clock that stands shows the day on which it stopped.
COUNTS = f"""
SELECT count(*) FILTER (WHERE due_on < day) AS overdue,
  count(*) FILTER (WHERE due_on BETWEEN day AND day + $3::integer) AS due_soon,
  count(*) FILTER (WHERE due_on > day + $3::integer AND extended_on IS NOT NULL) AS extended,
  count(*) FILTER (WHERE due_on > day + $3::integer AND extended_on IS NULL) AS on_time,
  count(*) FILTER (WHERE state = 'identity pending') AS pending,
  (SELECT count(*) FROM case_letter WHERE ending IN ('refused', 'given up') AND ended_at > now() - interval '1 day')
    AS undelivered,
  (SELECT count(*) FROM notice WHERE state IN ('drafted', 'approved')) AS notices
FROM privacy_case, coalesce(paused_from, $1) AS day WHERE {RUNNING}
"""  # noqa: S608 constants
FORECAST = f"""
SELECT case_id, kind AS "right", state, due_on FROM privacy_case, coalesce(paused_from, $1) AS day
WHERE {RUNNING} AND (due_on <= day + $3::integer
  OR (state IN ('waiting', 'failed') AND (run_at AT TIME ZONE $4)::date > due_on))
ORDER BY due_on, case_id LIMIT {NAMED + 1}
"""  # noqa: S608 constants
SILENT = f"""
SELECT p.service FROM order_participant p JOIN erasure_order o USING (order_id)
WHERE o.open AND p.reminders > 0 AND p.service <> 'privacy' AND {OWES}
UNION SELECT service FROM copy_part WHERE done_at IS NULL AND attempts > 2
UNION SELECT service FROM block CROSS JOIN unnest(asked) AS service
WHERE NOT complete AND ended_at IS NULL AND reminders > 0 AND NOT service = ANY (confirmed)
ORDER BY service
"""  # noqa: S608 constants
# A day is written once, whoever comes first; a restart finds it written. Without a case, and a notice that waits for
# somebody, there is nothing to say.
DAY = """
INSERT INTO desk_digest (day) SELECT $1::date WHERE EXISTS (SELECT FROM privacy_case WHERE closed_at IS NULL)
  OR EXISTS (SELECT FROM notice WHERE state IN ('drafted', 'approved'))
ON CONFLICT DO NOTHING
"""
LEASE = """
WITH due AS MATERIALIZED (SELECT day FROM desk_digest WHERE day = $3 AND ended_at IS NULL AND due_at <= now()
  LIMIT $1 FOR UPDATE SKIP LOCKED)
UPDATE desk_digest SET tries = tries + 1, due_at = now() + make_interval(secs => $2)
WHERE day IN (SELECT day FROM due) RETURNING day, tries AS attempts
"""
ENDED = "UPDATE desk_digest SET ended_at = clock_timestamp() WHERE day = $1"
POSTPONE = "UPDATE desk_digest SET due_at = now() + make_interval(secs => $2) WHERE day = $1"
ALARM = f"""
WITH near AS MATERIALIZED (SELECT case_id FROM privacy_case
  WHERE {RUNNING} AND due_on <= coalesce(paused_from, $1) + $3::integer AND alarmed_on IS DISTINCT FROM $1
  ORDER BY due_on LIMIT 100 FOR NO KEY UPDATE SKIP LOCKED)
UPDATE privacy_case SET alarmed_on = $1 WHERE case_id IN (SELECT case_id FROM near)
RETURNING case_id, kind AS "right", state, due_on
"""  # noqa: S608 constants


@dataclass(frozen=True)
class DueDigest:
    """The mail of one day."""

    day: date
    attempts: int


@dataclass(frozen=True)
class Counts:
    """How many cases stand how, how many letters could not be delivered since yesterday, which notices wait."""

    overdue: int
    due_soon: int
    extended: int
    on_time: int
    pending: int
    undelivered: int
    notices: int


@dataclass(frozen=True)
class NearCase:
    """A case that may miss its last day, or has."""

    case_id: UUID
    right: str
    state: str
    due_on: date


async def begin_day(tx: Transaction, day: date) -> None:
    await tx.run(DAY, day)


async def lease(tx: Transaction, limit: int, day: date) -> Sequence[DueDigest]:
    """This day's mail unless it was sent; that of a day that has passed never is."""
    return [DueDigest(**row) for row in await tx.rows(LEASE, limit, LEASE_S, day)]


async def ended(tx: Transaction, due: DueDigest) -> None:
    await tx.run(ENDED, due.day)


async def postpone(tx: Transaction, due: DueDigest, wait_s: float) -> None:
    await tx.run(POSTPONE, due.day, wait_s)


async def counts(tx: Transaction, day: date) -> Counts:
    (row,) = await tx.rows(COUNTS, day, list(ANSWERED), SOON.days)
    return Counts(**row)


async def forecast(tx: Transaction, day: date) -> list[NearCase]:
    """What may miss its last day, one more than is named."""
    return [NearCase(**row) for row in await tx.rows(FORECAST, day, list(ANSWERED), SOON.days, str(WARSAW))]


async def silent(tx: Transaction) -> list[str]:
    """Which services owe an answer and were asked again."""
    return [row["service"] for row in await tx.rows(SILENT)]


async def alarm(tx: Transaction, day: date) -> list[NearCase]:
    """The cases near their last day of which nobody was told on this day."""
    return [NearCase(**row) for row in await tx.rows(ALARM, day, list(ANSWERED), SOON.days)]
