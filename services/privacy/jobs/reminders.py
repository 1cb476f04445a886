"""Silent participants are reminded with growing waits and stay visible; nothing closes by timeout."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from services.privacy import metrics
from services.privacy.cases.machine import ANSWERED
from services.privacy.desk.digest_store import RUNNING, alarm
from services.privacy.erasure_orders.store import OWES
from services.privacy.holds.store import ERASURE_WAITS
from services.privacy.recipients import untold as recipients
from services.privacy.settings import PrivacySettings
from shared.clock import today
from shared.database import Database, Transaction
from shared.law.calendar import WARSAW
from shared.messaging.outbox import OUTBOX
from shared.observability import log
from shared.purposes import Purpose

REMINDED_AT_ONCE = 50
# After the first reminder the waits double up to an hour. A participant is reminded of so many orders until it answers:
# one that is away for long would find a reminder of each order for each hour in its queue.
REMIND = f"""
WITH owing AS (
  SELECT p.order_id, p.service, o.body,
    row_number() OVER (PARTITION BY p.service ORDER BY p.reminders = 0, o.ordered_at) AS place
  FROM order_participant p JOIN erasure_order o USING (order_id)
  WHERE o.open AND p.service <> 'privacy' AND {OWES}),
silent AS MATERIALIZED (
  SELECT p.order_id, p.service, o.body FROM order_participant p JOIN owing o USING (order_id, service)
  WHERE o.place <= $2
    AND p.asked_at < now() - least(make_interval(secs => $1 * 2 ^ least(p.reminders, 12)), interval '1 hour')
  ORDER BY p.asked_at LIMIT $2 FOR UPDATE OF p SKIP LOCKED),
counted AS (UPDATE order_participant p SET reminders = least(reminders, 30000) + 1, asked_at = now()
  FROM silent s WHERE p.order_id = s.order_id AND p.service = s.service),
enqueued AS (INSERT INTO outbox (type, body) SELECT 'privacy.erasure-reminded.v1',
  json_build_object('service', service, 'order', body::json)::text FROM silent)
SELECT array_agg(DISTINCT service) FROM silent
"""  # noqa: S608 constants
# Whoever was told in time why the erasure has to wait has had an answer (GDPR Art. 12(4)).
OVERVIEW = f"""
SELECT count(*) FILTER (WHERE NOT told AND due_on <= day + 3) AS nearly_due,
  count(*) FILTER (WHERE NOT told AND due_on < day) AS late,
  count(*) FILTER (WHERE NOT told AND state IN ('waiting', 'failed') AND due_on >= day
    AND (run_at AT TIME ZONE $3)::date > due_on) AS bound_to_miss,
  count(*) FILTER (WHERE state = 'waiting') AS waiting, count(*) FILTER (WHERE state = 'ordered') AS ordered,
  count(*) FILTER (WHERE state = 'failed') AS failed, count(*) FILTER (WHERE state = 'gathering') AS gathering,
  (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(ordered_at)), 0)::float FROM erasure_order WHERE open)
    AS oldest_order_s
FROM (SELECT *, coalesce(paused_from, $1::date) AS day, hold_told_at IS NOT NULL AND {ERASURE_WAITS} AS told
  FROM privacy_case c WHERE {RUNNING}) AS cases
"""  # noqa: S608 constants
UNANSWERED = f"""
SELECT p.service, count(*) AS orders FROM order_participant p JOIN erasure_order o USING (order_id)
WHERE o.open AND p.service <> 'privacy' AND {OWES}
GROUP BY p.service
"""  # noqa: S608 constants


@dataclass(frozen=True)
class Overview:
    """How many open cases there are and how they stand to their dates, and the age of the oldest open order."""

    nearly_due: int
    late: int
    bound_to_miss: int
    waiting: int
    ordered: int
    failed: int
    gathering: int
    oldest_order_s: float


@dataclass(frozen=True)
class Unanswered:
    """How many open orders a participant owes a report for."""

    service: str
    orders: int


async def remind(database: Database, settings: PrivacySettings) -> bool:
    """Repeat orders for those that owe a report, and alert about cases near their due date."""
    async with database.transaction(Purpose.ERASURE) as tx:
        reminded: list[str] = await tx.value(REMIND, settings.remind_after_s, REMINDED_AT_ONCE) or []
        overview, unanswered = await _overview(tx), await _unanswered(tx)
        untold = await recipients.untold(tx)
        near = await alarm(tx, today())
        if reminded:
            tx.wake(OUTBOX)
    for service in reminded:
        log.warning("participant reminded", participant=service)
    for case in near:  # once a day each: what stands in a log every 15 seconds is read by nobody
        log.error("case is close to its due date", case_id=case.case_id, type=case.right, state=case.state)
    _show(overview, unanswered)
    _show_untold(untold)
    return False


async def _overview(tx: Transaction) -> Overview:
    (row,) = await tx.rows(OVERVIEW, today(), list(ANSWERED), str(WARSAW))
    return Overview(**row)


async def _unanswered(tx: Transaction) -> list[Unanswered]:
    return [Unanswered(**row) for row in await tx.rows(UNANSWERED)]


def _show_untold(untold: recipients.Untold) -> None:
    for state, count in asdict(untold).items():
        metrics.recipient_notices.labels(state).set(count)


def _show(overview: Overview, unanswered: Sequence[Unanswered]) -> None:
    metrics.silent_participants.set(len(unanswered))
    metrics.unanswered_orders.clear()  # who owes nothing any more is not shown with its last figure
    for each in unanswered:
        metrics.unanswered_orders.labels(each.service).set(each.orders)
    metrics.oldest_order.set(overview.oldest_order_s)
    metrics.cases_nearly_due.set(overview.nearly_due)
    metrics.cases_late.set(overview.late)
    metrics.cases_bound_to_miss.set(overview.bound_to_miss)
    metrics.open_cases.labels("waiting").set(overview.waiting)
    metrics.open_cases.labels("ordered").set(overview.ordered)
    metrics.open_cases.labels("failed").set(overview.failed)
    metrics.copies_gathering.set(overview.gathering)
