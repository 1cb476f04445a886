"""The rows that the ledger is written from and brought up from, and the database's mark."""

from collections.abc import Sequence
from uuid import UUID

from pydantic_core import from_json, to_json

from services.privacy.ledger.decided import Hold, Order
from services.privacy.ledger.lines import Mark
from shared.contracts.privacy import KnownHold, KnownPermission, OrderedSubject
from shared.database import Transaction
from shared.law.calendar import WARSAW
from shared.personal_data.holds import RELEASED_FOR

TOPIC = "ledger"
MARK = "SELECT reached FROM catch_up WHERE topic = $1"
# Held until the commit: lines stand in the file in the order of their commits.
LOCK_MARK = "SELECT reached FROM catch_up WHERE topic = $1 FOR NO KEY UPDATE"
MAKE_MARK = "INSERT INTO catch_up (topic) VALUES ($1) ON CONFLICT DO NOTHING"
SET_MARK = """
INSERT INTO catch_up (topic, reached, done_at) VALUES ($1, $2, now())
ON CONFLICT (topic) DO UPDATE SET reached = excluded.reached, done_at = excluded.done_at
"""
HOLDS = """
SELECT l.hold_id, h.subject_id, l.case_id, l.scope, l.ground, l.owner, l.placed_at, l.released_at, l.retain_until,
  l.provisions, l.exemptions, h.version, h.review_at AS review_on, h.provisions[1] AS provision,
  h.exemptions[1] AS exemption
FROM hold h JOIN legal_hold l USING (hold_id)
"""
OF_HOLDS = f"{HOLDS} WHERE h.hold_id = ANY ($1) ORDER BY h.version"
HOLDS_AFTER = f"{HOLDS} WHERE h.version > $1 ORDER BY h.version LIMIT $2"
ERASED_AFTER = "SELECT subject_id FROM subject WHERE NOT live AND subject_id > $1 ORDER BY subject_id LIMIT $2"
OPEN_ORDERS = """
SELECT order_id, (SELECT jsonb_agg(jsonb_build_object('subject_id', s, 'case_id', c,
  'terminate_contract', coalesce(p.terminate_contract, true)))
  FROM unnest(o.subjects, o.cases) AS named (s, c) LEFT JOIN privacy_case p ON p.case_id = c) AS people
FROM erasure_order o WHERE open ORDER BY ordered_at
"""
# What a page of lines names, as it stands now: the database has been brought to the ledger's end.
RULED = "SELECT subject_id, purpose, allowed, version FROM permission WHERE subject_id = ANY ($1)"


async def mark(tx: Transaction) -> Mark:
    """How far this database is."""
    return Mark.of(await tx.value(MARK, TOPIC) or "")


async def make_mark(tx: Transaction) -> None:
    """Have a row to lock, also where nothing was reached yet."""
    await tx.run(MAKE_MARK, TOPIC)


async def lock_mark(tx: Transaction) -> Mark:
    """How far it is; nobody else goes on before this transaction has ended."""
    return Mark.of(await tx.value(LOCK_MARK, TOPIC) or "")


async def set_mark(tx: Transaction, reached: Mark) -> None:
    await tx.run(SET_MARK, TOPIC, str(reached))


async def of_holds(tx: Transaction, hold_ids: Sequence[UUID]) -> list[Hold]:
    """All that is known of holds, for a line: ids, grounds and dates; why, in words, stays in the database."""
    return [Hold.model_validate(dict(row)) for row in await tx.rows(OF_HOLDS, list(hold_ids))]


async def holds_after(tx: Transaction, version: int, limit: int) -> list[Hold]:
    return [Hold.model_validate(dict(row)) for row in await tx.rows(HOLDS_AFTER, version, limit)]


async def erased_after(tx: Transaction, after: UUID, limit: int) -> list[UUID]:
    return [row["subject_id"] for row in await tx.rows(ERASED_AFTER, after, limit)]


async def open_orders(tx: Transaction) -> list[Order]:
    """The orders that somebody has yet to answer."""
    return [
        Order(order_id=row["order_id"], people=tuple(map(OrderedSubject.model_validate, from_json(row["people"]))))
        for row in await tx.rows(OPEN_ORDERS)
    ]


async def ruled(tx: Transaction, people: Sequence[UUID]) -> tuple[KnownPermission, ...]:
    """What is ruled about some people."""
    return tuple(KnownPermission.model_validate(dict(row)) for row in await tx.rows(RULED, list(people)))


async def held(tx: Transaction, hold_ids: Sequence[UUID]) -> tuple[KnownHold, ...]:
    """Holds as services replicate them, released ones too."""
    return tuple(KnownHold.model_validate(each.model_dump()) for each in await of_holds(tx, hold_ids))


IS_UNKNOWN = "SELECT NOT EXISTS (SELECT FROM erasure_order WHERE order_id = $1)"
UNERASED = """
SELECT id FROM unnest($1::uuid[]) id WHERE NOT EXISTS (SELECT FROM subject s WHERE s.subject_id = id AND NOT s.live)
"""
# Taken back, or refused: then an order that names it came to nothing, for a case never comes out of these.
OVER = "SELECT case_id FROM privacy_case WHERE case_id = ANY ($1) AND state IN ('withdrawn', 'refused')"
KNOW = "INSERT INTO subject (subject_id) SELECT DISTINCT unnest($1::uuid[]) ON CONFLICT DO NOTHING"
SAY = "SELECT set_config('lethe.reason', 'replayed from the ledger', true)"
IS_CERTAIN = "UPDATE privacy_case SET state = 'waiting' WHERE case_id = ANY ($1) AND state = 'identity pending'"
END_BLOCKS = """
UPDATE block b SET ended_at = clock_timestamp() FROM unnest($1::uuid[], $2::text[], $3::bigint[])
  AS lifted (subject_id, purpose, version)
WHERE b.subject_id = lifted.subject_id AND b.purpose = lifted.purpose AND b.version < lifted.version
  AND b.ended_at IS NULL
"""
# The next version must outrank each that a service may know. The working role may take numbers and not set them.
TAKE = "SELECT nextval($1::text::regclass)"
TAKE_SOME = "SELECT max(nextval($1::text::regclass)) FROM generate_series(1, $2)"
HELD = """jsonb_to_recordset($1) AS h (hold_id uuid, subject_id uuid, case_id uuid, scope text[], ground text,
  owner text, placed_at timestamptz, released_at timestamptz, retain_until date, provisions text[], exemptions text[],
  version bigint, review_on date, provision text, exemption text)"""
NEWEST = f"""newest AS (
  SELECT DISTINCT ON (hold_id, subject_id) * FROM {HELD} ORDER BY hold_id, subject_id, version DESC)"""  # noqa: S608
PLACE = f"""
WITH {NEWEST}, placed AS (
  INSERT INTO legal_hold (hold_id, subject_id, case_id, scope, ground, owner, placed_at, live, review_at, released_at,
    retain_until, provisions, exemptions)
  SELECT DISTINCT ON (n.hold_id) n.hold_id, n.subject_id, n.case_id, n.scope, n.ground, n.owner, n.placed_at, s.live,
    CASE WHEN n.released_at IS NULL THEN n.review_on END, n.released_at, n.retain_until, n.provisions, n.exemptions
  FROM newest n JOIN subject s USING (subject_id) ORDER BY n.hold_id, n.version DESC
  ON CONFLICT (hold_id) DO UPDATE SET review_at = excluded.review_at, released_at = excluded.released_at,
    retain_until = excluded.retain_until, provisions = excluded.provisions, exemptions = excluded.exemptions
  RETURNING hold_id, review_at)
INSERT INTO hold_event (hold_id, actor, act, reason, review_on)
SELECT hold_id, 'ledger', 'placed', 'replayed from the ledger', review_at FROM placed p
WHERE NOT EXISTS (SELECT FROM hold_event e WHERE e.hold_id = p.hold_id)
"""  # noqa: S608 constants
COVER = f"""
WITH {NEWEST}
INSERT INTO hold (hold_id, subject_id, scope, version, live, review_at, retain_until, provisions, exemptions)
SELECT n.hold_id, n.subject_id, n.scope, n.version, s.live, n.review_on,
  CASE WHEN n.review_on IS NULL THEN (n.released_at AT TIME ZONE '{WARSAW}')::date + $2::integer END,
  ARRAY[n.provision], ARRAY[n.exemption]
FROM newest n JOIN subject s USING (subject_id)
ON CONFLICT (hold_id, subject_id) DO UPDATE SET version = excluded.version, review_at = excluded.review_at,
  retain_until = excluded.retain_until WHERE hold.version < excluded.version
"""  # noqa: S608 constants


async def is_unknown(tx: Transaction, order_id: UUID) -> bool:
    """Whether this database has never heard of an order."""
    return bool(await tx.value(IS_UNKNOWN, order_id))


async def unerased(tx: Transaction, people: Sequence[UUID]) -> list[UUID]:
    """Who has no tombstone here."""
    return [row["id"] for row in await tx.rows(UNERASED, list(people))]


async def over(tx: Transaction, cases: Sequence[UUID]) -> set[UUID]:
    """The cases that ended without an erasure."""
    return {row["case_id"] for row in await tx.rows(OVER, list(cases))}


async def make_certain(tx: Transaction, cases: Sequence[UUID]) -> None:
    """An order tells that it had become certain who asked."""
    await tx.rows(SAY)
    await tx.run(IS_CERTAIN, list(cases))


async def know(tx: Transaction, people: Sequence[UUID]) -> None:
    await tx.run(KNOW, list(people))


async def outrank(tx: Transaction, rulings: Sequence[KnownPermission]) -> None:
    """Let the next versions be higher, and the blocks end that were lifted."""
    await _reach(tx, "permission_version", max(ruling.version for ruling in rulings))
    lifted = [ruling for ruling in rulings if ruling.allowed]
    columns = [r.subject_id for r in lifted], [r.purpose for r in lifted], [r.version for r in lifted]
    await tx.run(END_BLOCKS, *columns)


async def hold(tx: Transaction, holds: Sequence[Hold]) -> None:
    """Keep holds as lines tell them; the transaction's purpose is `legal-duty`, as for all holds on the erased."""
    told = to_json(holds).decode()
    await _reach(tx, "hold_version", max(each.version for each in holds))
    await tx.run(PLACE, told)
    await tx.run(COVER, told, RELEASED_FOR.days)


async def outrank_holds(tx: Transaction, version: int) -> None:
    """Let the next hold be higher than one that only other services know."""
    await _reach(tx, "hold_version", version)


async def _reach(tx: Transaction, sequence: str, version: int) -> None:
    behind = version - await tx.value(TAKE, sequence)
    if behind > 0:
        await tx.value(TAKE_SOME, sequence, behind)
