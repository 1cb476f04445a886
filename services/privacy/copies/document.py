"""A copy as a document, made fragment by fragment: JSON, a page (access) or CSV, in the language of the reader."""

import csv
import io
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from services.privacy.copies.explanations import explained
from services.privacy.copies.package import DamagedError
from services.privacy.copies.rules import Chunk
from services.privacy.copies.tickets import OpenedCopy
from services.privacy.documents.notice.composition import compose
from services.privacy.documents.notice.model import Notice
from services.privacy.documents.templates import templates
from services.privacy.register.loading import register
from shared.contracts.fields import Language
from shared.contracts.privacy import CopyFragment, PortableRows, ReadCopyFragment
from shared.database import Transaction
from shared.law.calendar import WARSAW
from shared.problems import refuse

PAGES = templates(Path(__file__).parent / "templates")
PAGES.filters["in_words"] = lambda value: "; ".join(map(_text, value)) if isinstance(value, list) else _text(value)
CSV_COLUMNS = ("service", "table", "row", "field", "value")
ABOUT = {"controller", "data", "purposes", "retention", "recipients", "transfers", "decisions", "rights", "authority"}
"""What of the notice stands in a copy (GDPR Art. 15(1), (2))."""


async def fragment(tx: Transaction, copy: OpenedCopy, request: ReadCopyFragment) -> CopyFragment:
    """The head, a chunk, or the tail. Raises Refused: 404 behind the tail, 409 for a copy that was damaged since."""
    chunks = copy.manifest.chunks
    if request.number > chunks + 1:
        raise refuse(404, "no such fragment", field="number")
    if request.format == "html" and copy.manifest.right == "portability":
        raise refuse(422, "a portable copy is JSON or CSV", field="format")
    notice = _notice(request.language, copy.manifest.made_at.astimezone(WARSAW).date())
    if request.number == 0:
        return CopyFragment(text=_head(copy, request, notice), next=1)
    if request.number > chunks:
        return CopyFragment(text=_tail(request, notice), next=None)
    try:
        chunk = await copy.chunk(tx, request.number - 1)
    except DamagedError:
        raise refuse(409, "the copy was damaged", message="open it once more") from None
    return CopyFragment(text=_body(copy, chunk, request, notice), next=request.number + 1)


@lru_cache(maxsize=16)
def _notice(language: Language, day: date) -> Notice:
    """Composed once for all fragments: it took longer than to decrypt one."""
    return compose(register(), {}, language, day)


def _head(copy: OpenedCopy, request: ReadCopyFragment, notice: Notice) -> str:
    if request.format == "csv":
        return _csv([CSV_COLUMNS])
    manifest = copy.manifest
    if request.format == "html":
        return PAGES.get_template("head.html").render(copy=copy, manifest=manifest, n=notice).lstrip()
    facts: dict[str, Any] = {
        "version": 1,
        "right": manifest.right,
        "case_id": copy.case_id,
        "made_at": manifest.made_at,
        "not_answered": manifest.left,
        "consent_words": manifest.consent_words,
    }
    if manifest.right == "access":
        facts |= {"language": request.language, **notice.model_dump(mode="json", include=ABOUT)}
    return to_json(facts).decode().removesuffix("}") + ',"held":['


def _body(copy: OpenedCopy, chunk: Chunk, request: ReadCopyFragment, notice: Notice) -> str:
    if request.format == "csv":
        return _csv(_cells(chunk, request.number))
    if copy.manifest.right == "portability":
        return _listed(
            request,
            [
                PortableRows(service=chunk.service, table=t.table.name, category=t.table.category, rows=t.rows)
                for t in chunk.tables
            ],
        )
    held = [explained(chunk.service, copied, notice, request.language) for copied in chunk.tables]
    if request.format == "html":
        return PAGES.get_template("held.html").render(held=held, language=request.language)
    return _listed(request, held)


def _listed(request: ReadCopyFragment, entries: Iterable[Any]) -> str:
    """No chunk is empty, so that a comma stands before every one but the first."""
    return ("," if request.number > 1 else "") + ",".join(to_json(entry).decode() for entry in entries)


def _tail(request: ReadCopyFragment, notice: Notice) -> str:
    if request.format == "csv":
        return ""
    return PAGES.get_template("tail.html").render(n=notice) if request.format == "html" else "]}"


def _cells(chunk: Chunk, number: int) -> Iterable[tuple[str, ...]]:
    """One line per value; a row of a table is told from the others of the copy by its number."""
    for place, copied in enumerate(chunk.tables):
        for row_number, row in enumerate(copied.rows):
            row_id = f"{number}.{place}.{row_number}"
            yield from ((chunk.service, copied.table.name, row_id, name, _text(value)) for name, value in row.items())


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else to_json(value).decode()


def _csv(lines: Iterable[Iterable[str]]) -> str:
    """RFC 4180."""
    written = io.StringIO()
    csv.writer(written).writerows(lines)
    return written.getvalue()
