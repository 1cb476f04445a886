"""The rows of the log: entries, subtrees, heads, and what opens an entry."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from services.privacy.evidence.entries import Entry
from services.privacy.evidence.tree import Place
from shared.database import Transaction

ONE_AT_A_TIME = 4544
TURN = f"SELECT pg_advisory_xact_lock({ONE_AT_A_TIME})"
SIZE = "SELECT coalesce(max(size), 0) FROM evidence_head"
WAITS = "SELECT EXISTS (SELECT FROM evidence_opening WHERE number IS NULL)"
# In the order in which they were noted; who commits late comes into a later batch.
NUMBER = """
WITH waiting AS MATERIALIZED (
  SELECT opening_id, at, act, about, key, digest FROM evidence_opening WHERE number IS NULL
  ORDER BY opening_id LIMIT $2 FOR UPDATE),
numbered AS MATERIALIZED (
  SELECT $1 - 1 + row_number() OVER (ORDER BY opening_id) AS number, * FROM waiting),
entered AS (INSERT INTO evidence_entry SELECT number, at, act, about, digest FROM numbered),
opened AS (UPDATE evidence_opening o SET number = n.number FROM numbered n
  WHERE o.opening_id = n.opening_id AND n.key IS NOT NULL),
ended AS (DELETE FROM evidence_opening o USING numbered n WHERE o.opening_id = n.opening_id AND n.key IS NULL)
SELECT number, at, act, about, digest FROM numbered ORDER BY number
"""
NODES = """
SELECT level, number, hash FROM evidence_node
JOIN unnest($1::smallint[], $2::bigint[]) AS wanted (level, number) USING (level, number)
"""
ADD_NODES = "INSERT INTO evidence_node SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::bytea[])"
ADD_HEAD = "INSERT INTO evidence_head (size, checkpoint) VALUES ($1, $2)"
HEAD = "SELECT size, checkpoint FROM evidence_head ORDER BY size DESC LIMIT 1"
OPENED = """
SELECT e.number, e.at, e.act, e.about, e.digest, o.key, lethe.evidence_content(to_jsonb(i), s.fixed) AS content
FROM certificate_issue i
JOIN evidence_source s ON s.source = 'certificate_issue'
JOIN evidence_opening o ON o.source = s.source AND o.source_key = lethe.evidence_key(to_jsonb(i), s.known_by)
JOIN evidence_entry e ON e.number = o.number
WHERE i.case_id = $1 ORDER BY i.version DESC LIMIT 1
"""
ISSUE = """
INSERT INTO certificate_issue (case_id, version, document_digest)
SELECT $1, coalesce(max(version), 0) + 1, $2 FROM certificate_issue WHERE case_id = $1
HAVING (array_agg(document_digest ORDER BY version DESC))[1] IS DISTINCT FROM $2
"""


@dataclass(frozen=True)
class SignedHead:
    """The newest head, as it is shown."""

    size: int
    checkpoint: str


@dataclass(frozen=True)
class Opened:
    """An entry, and what shows of which content it is the digest."""

    entry: Entry
    key: bytes
    content: str


async def waits(tx: Transaction) -> bool:
    """Whether something has no place in the log yet."""
    return bool(await tx.value(WAITS))


async def take_turn(tx: Transaction) -> int:
    """Keep others from adding until the transaction ends; how many entries there are."""
    await tx.rows(TURN)
    return int(await tx.value(SIZE))


async def number(tx: Transaction, size: int, most: int) -> list[Entry]:
    """Give what waits its places in the log."""
    rows = await tx.rows(NUMBER, size, most)
    return [Entry(**row) for row in rows]


async def nodes(tx: Transaction, places: Collection[Place]) -> dict[Place, bytes]:
    """The hashes of complete subtrees."""
    rows = await tx.rows(NODES, [level for level, _ in places], [number for _, number in places])
    return {(row["level"], row["number"]): bytes(row["hash"]) for row in rows}


async def add_nodes(tx: Transaction, added: Mapping[Place, bytes]) -> None:
    await tx.run(ADD_NODES, [level for level, _ in added], [number for _, number in added], list(added.values()))


async def add_head(tx: Transaction, head: SignedHead) -> None:
    await tx.run(ADD_HEAD, head.size, head.checkpoint)


async def head(tx: Transaction) -> SignedHead | None:
    """The newest head, None before the first entry."""
    row = await tx.row(HEAD)
    return SignedHead(**row) if row else None


async def issue(tx: Transaction, case_id: UUID, document_digest: str) -> bool:
    """Note a certificate as issued, unless its newest version is this; whether there is a new one."""
    return bool(await tx.run(ISSUE, case_id, document_digest))


async def opened_issue(tx: Transaction, case_id: UUID) -> Opened | None:
    """The entry of a certificate's newest version; None while it is not in the log."""
    row = await tx.row(OPENED, case_id)
    if row is None:
        return None
    entry = Entry(row["number"], row["at"], row["act"], row["about"], bytes(row["digest"]))
    return Opened(entry, bytes(row["key"]), row["content"])
