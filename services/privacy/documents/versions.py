"""The versions of what privacy publishes: the notice and the record, each as it was."""

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime
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


@dataclass(frozen=True)
class Version:
    """A published document, as it was and stays."""

    version: int
    content: str
    content_hash: bytes
    published_at: datetime
    effective_on: date
    new_purposes: tuple[str, ...]


@dataclass(frozen=True)
class PastVersion:
    """An entry of a document's history."""

    version: int
    published_at: datetime
    effective_on: date


COLUMNS = "version, content, content_hash, published_at, effective_on, new_purposes"
NEWEST = f"""
SELECT {COLUMNS} FROM standing_publication WHERE kind = $1 AND version < coalesce($2, version + 1)
ORDER BY version DESC LIMIT 1
"""  # noqa: S608 constants
IN_FORCE = f"""
SELECT {COLUMNS} FROM standing_publication WHERE kind = $1 AND effective_on <= $2 ORDER BY version DESC LIMIT 1
"""  # noqa: S608 constants
NUMBERED = f"SELECT {COLUMNS} FROM publication WHERE kind = $1 AND version = $2"  # noqa: S608 constants
HISTORY = "SELECT version, published_at, effective_on FROM publication WHERE kind = $1 ORDER BY version"
NEW_PURPOSES = """
SELECT purpose, min(effective_on) AS effective_on FROM standing_publication, unnest(new_purposes) AS purpose
WHERE kind = $1 AND version > $2 GROUP BY purpose
"""
# The number of what was withdrawn is not given again. Of two processes that publish at once, one finds its number taken
# and leaves it at that.
INSERT = """
INSERT INTO publication (kind, version, content, content_hash, effective_on, new_purposes)
SELECT $1, coalesce(max(version), 0) + 1, $2, $3, $4, $5 FROM publication WHERE kind = $1
ON CONFLICT DO NOTHING RETURNING version
"""


async def newest(tx: Transaction, kind: Kind, before: int | None = None) -> Version | None:
    """The newest version that holds or will; of those before a number, if one is named."""
    return _version(await tx.row(NEWEST, kind, before))


async def in_force(tx: Transaction, kind: Kind, day: date) -> Version | None:
    """The version that holds on a day."""
    return _version(await tx.row(IN_FORCE, kind, day))


async def numbered(tx: Transaction, kind: Kind, version: int) -> Version | None:
    return _version(await tx.row(NUMBERED, kind, version))


def _version(row: Row | None) -> Version | None:
    if row is None:
        return None
    return Version(**{**row, "content_hash": bytes(row["content_hash"]), "new_purposes": tuple(row["new_purposes"])})


async def history(tx: Transaction, kind: Kind) -> list[PastVersion]:
    """Every version, oldest first, without its content."""
    return [PastVersion(**row) for row in await tx.rows(HISTORY, kind)]


async def purposes_announced_since(tx: Transaction, kind: Kind, version: int) -> dict[str, date]:
    """The purposes that versions after this one told of, each with the day from which it first was to hold."""
    return {row["purpose"]: row["effective_on"] for row in await tx.rows(NEW_PURPOSES, kind, version)}


async def publish(tx: Transaction, draft: Draft, before: Version | None) -> int | None:
    """Publish a draft after the version `before`; answers its number, or None when nothing changed."""
    if before is not None and before.content_hash == draft.content_hash:
        return None
    values = (draft.content, draft.content_hash, draft.effective_on, draft.new_purposes)
    version: int | None = await tx.value(INSERT, draft.kind, *values)
    return version
