"""The versions of what privacy publishes: the notice and the record, each as it was."""

import hashlib
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from shared.database import Row, Transaction

Kind = Literal["notice", "record"]


@dataclass(frozen=True)
class Draft:
    """What is to be published, unless it already is."""

    kind: Kind
    content: str
    effective_on: date
    new_purposes: list[str] = field(default_factory=list)

    @property
    def content_hash(self) -> bytes:
        """By this a version is told from the one before."""
        return hashlib.sha256(self.content.encode()).digest()


COLUMNS = "version, content, content_hash, published_at, effective_on, new_purposes"
NEWEST = f"SELECT {COLUMNS} FROM publication WHERE kind = $1 ORDER BY version DESC LIMIT 1"  # noqa: S608 constants
IN_FORCE = f"""
SELECT {COLUMNS} FROM publication WHERE kind = $1 AND effective_on <= $2 ORDER BY version DESC LIMIT 1
"""  # noqa: S608 constants
NUMBERED = f"SELECT {COLUMNS} FROM publication WHERE kind = $1 AND version = $2"  # noqa: S608 constants
HISTORY = "SELECT version, published_at, effective_on FROM publication WHERE kind = $1 ORDER BY version"
TOLD = """
SELECT purpose, min(effective_on) AS effective_on FROM publication, unnest(new_purposes) AS purpose
WHERE kind = $1 AND version > $2 GROUP BY purpose
"""
# Of two processes that publish at once, one finds its number taken and leaves it at that.
ADD = """
INSERT INTO publication (kind, version, content, content_hash, effective_on, new_purposes)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING
"""


async def newest(tx: Transaction, kind: Kind) -> Row | None:
    """The version published last."""
    return await tx.row(NEWEST, kind)


async def in_force(tx: Transaction, kind: Kind, day: date) -> Row | None:
    """The version that holds on a day."""
    return await tx.row(IN_FORCE, kind, day)


async def numbered(tx: Transaction, kind: Kind, version: int) -> Row | None:
    """One version."""
    return await tx.row(NUMBERED, kind, version)


async def history(tx: Transaction, kind: Kind) -> list[Row]:
    """Every version, oldest first, without its content."""
    return await tx.rows(HISTORY, kind)


async def told_since(tx: Transaction, kind: Kind, version: int) -> dict[str, date]:
    """The purposes that versions after this one told of, each with the day from which it first was to hold."""
    return {row["purpose"]: row["effective_on"] for row in await tx.rows(TOLD, kind, version)}


async def add(tx: Transaction, draft: Draft, before: Row | None) -> int | None:
    """Publish a draft after the version `before`; answers its number, or None when nothing changed."""
    if before is not None and bytes(before["content_hash"]) == draft.content_hash:
        return None
    version = before["version"] + 1 if before else 1
    values = (draft.content, draft.content_hash, draft.effective_on, draft.new_purposes)
    return version if await tx.run(ADD, draft.kind, version, *values) else None
