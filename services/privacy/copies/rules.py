"""What a page must be to count, and what of it goes into which copy: pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from services.privacy.copies.package import Place
from services.privacy.copies.store import Complete, ConsentWords, CopyRight, PartSize
from services.privacy.register.model import Register
from shared.contracts.message import Message
from shared.contracts.participants import CopiedRows, CopyPage, MappedTable, ReadCopy
from shared.problems import refuse
from shared.secrets import digest

MAX_PAGE_BYTES = 2_000_000
"""What privacy holds of a copy at a time. A single row may be larger than what participants fill a page with."""
MAX_PAGES = 20_000
"""A participant that goes on for ever is stopped: a page has hundreds of rows."""
BY_THE_PERSON = ("provided", "observed")
PORTABLE_BASES = ("a", "b")
"""Consent and contract (GDPR Art. 20(1)(a))."""


class Reached(Message):
    """Where a participant's last page ended, and the hash of what it held."""

    after: str = ""
    digest: str = ""


class Chunk(Message):
    """What is encrypted of one page."""

    service: str
    tables: tuple[CopiedRows, ...]

    @property
    def rows(self) -> int:
        return sum(len(table.rows) for table in self.tables)


class Share(Message):
    """How much a participant told: so many chunks are in the copy, no more and no fewer."""

    service: str
    chunks: int
    rows: int


class Manifest(Message):
    """What belongs to a copy; it is encrypted as well."""

    right: CopyRight
    made_at: datetime
    shares: tuple[Share, ...]
    left: tuple[str, ...]
    """Who left before it had told everything."""
    consent_words: tuple[dict[str, str], ...] = ()
    chunks_digest: str = ""
    """Of all chunks as they are stored, so that what is damaged is seen without opening any; empty in older copies."""

    @classmethod
    def of(
        cls,
        copy: Complete,
        parts: Sequence[PartSize],
        words: Sequence[ConsentWords],
        moment: datetime,
        chunks_digest: str,
    ) -> Self:
        shares = (Share(service=part.service, chunks=part.chunks, rows=part.rows) for part in parts if part.done)
        left = tuple(part.service for part in parts if not part.done)
        texts = tuple(asdict(each) for each in words)
        return cls(
            right=copy.right,
            made_at=moment,
            shares=tuple(shares),
            left=left,
            consent_words=texts,
            chunks_digest=chunks_digest,
        )

    def place(self, case_id: UUID, number: int) -> Place:
        """Where the chunk of a number stands, counted through all services. Raises IndexError."""
        for each in self.shares:
            if number < each.chunks:
                return Place(case_id, each.service, number)
            number -= each.chunks
        raise IndexError(number)

    @property
    def chunks(self) -> int:
        return sum(each.chunks for each in self.shares)


def check(asked: ReadCopy, page: CopyPage, before: Reached, number: int) -> Reached:
    """Where the part is with this page. Raises Refused (502) for one too large, out of order, or told before."""
    rows = [len(table.rows) for table in page.tables]
    content = page.model_dump_json(include={"tables"})
    hashed = digest(content).hex()
    if sum(rows) > asked.limit or len(content) > MAX_PAGE_BYTES:
        raise refuse(502, "a page of the copy is too large")
    if page.after != asked.after or number >= MAX_PAGES:
        raise refuse(502, "a page of the copy is out of order")
    if page.next and (not sum(rows) or page.next == page.after or hashed == before.digest):
        raise refuse(502, "a page of the copy came twice")
    return Reached(after=page.next, digest=hashed)


def chosen(right: CopyRight, register: Register, service: str, page: CopyPage) -> Chunk:
    """All of a page for access; for portability what the person gave or was observed to do, and no more."""
    tables = page.tables if right == "access" else tuple(_portable(register, page.tables))
    return Chunk(service=service, tables=tables)


def _portable(register: Register, tables: Iterable[CopiedRows]) -> Iterator[CopiedRows]:
    for copied in tables:
        if is_portable(register, copied.table):
            names = {c.name for c in copied.table.columns if c.source in BY_THE_PERSON and c.role is None}
            yield copied.model_copy(update={"rows": tuple(_only(names, row) for row in copied.rows)})


def is_portable(register: Register, table: MappedTable) -> bool:
    """Whether consent or contract is among the bases, and the rows are not what was made here."""
    purposes = (register.purposes.get(purpose) for purpose in table.purposes)
    return table.portable and any(purpose.basis in PORTABLE_BASES for purpose in purposes if purpose)


def _only(names: set[str], row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name in names}
