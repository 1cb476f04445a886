"""What an audit reads: entries in order, and whether the rows that they tell of are as they were."""

from services.privacy.evidence.entries import Entry
from shared.database import Transaction

ENTRIES = """
SELECT number, at, act, about, digest FROM evidence_entry WHERE number >= $1 AND number < $2 ORDER BY number
"""
SOURCES = "SELECT source FROM evidence_source ORDER BY source"
# Rows read the same whoever looks at them.
IN_UTC = "SET LOCAL timezone = 'UTC'"
CHANGED = """
SELECT coalesce(o.number::text, 'not numbered yet') AS number, t.entry IS NULL AS gone
FROM evidence_source s
JOIN evidence_opening o ON o.source = s.source AND o.key IS NOT NULL
LEFT JOIN evidence_entry e ON e.number = o.number
LEFT JOIN (SELECT to_jsonb(row) AS entry FROM {source} row) t ON lethe.evidence_key(t.entry, s.known_by) = o.source_key
WHERE s.source = '{source}' AND (t.entry IS NULL OR lethe.evidence_digest(o.key,
  lethe.evidence_content(t.entry, s.fixed)) IS DISTINCT FROM coalesce(e.digest, o.digest))
ORDER BY o.number LIMIT $1
"""
UNNOTED = """
SELECT count(*) FROM (SELECT to_jsonb(row) AS entry FROM {source} row) t JOIN evidence_source s ON s.source = '{source}'
WHERE NOT EXISTS (SELECT FROM evidence_opening o
  WHERE o.source = s.source AND o.source_key = lethe.evidence_key(t.entry, s.known_by))
"""
# Whatever ended lawfully has an entry that says so, if only one that is not numbered yet.
LOST = """
SELECT number, act FROM evidence_entry e WHERE act IN (SELECT source FROM evidence_source)
AND NOT EXISTS (SELECT FROM evidence_opening o WHERE o.number = e.number)
AND NOT EXISTS (SELECT FROM evidence_entry x WHERE x.act = e.act || ' ended' AND x.digest = sha256(e.digest))
AND NOT EXISTS (SELECT FROM evidence_opening x
  WHERE x.act = e.act || ' ended' AND x.digest = sha256(e.digest) AND x.number IS NULL)
ORDER BY number LIMIT $1
"""


async def entries(tx: Transaction, first: int, end: int) -> list[Entry]:
    """The entries from one number on, before another."""
    return [Entry(**row) for row in await tx.rows(ENTRIES, first, end)]


async def row_flaws(tx: Transaction, most: int) -> list[str]:
    """Which rows are not what their entries are the digests of, in sentences; some of each kind."""
    await tx.run(IN_UTC)
    flaws = []
    for row in await tx.rows(SOURCES):
        source = row["source"]
        for changed in await tx.rows(CHANGED.format(source=source), most):
            what = "was removed" if changed["gone"] else "was edited"
            flaws.append(f"entry {changed['number']}: its row of {source} {what}")
        if count := await tx.value(UNNOTED.format(source=source)):
            flaws.append(f"rows of {source} that no entry tells of: {count}")
    lost = await tx.rows(LOST, most)
    return [*flaws, *(f"entry {row['number']}: nobody can tell any more of which {row['act']} it is" for row in lost)]
