"""Tables as text for spreadsheets and accounting programs (RFC 4180)."""

import csv
import io
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

Cell = str | int | Decimal | date | None
Cells = tuple[Cell, ...]
RUN_AS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_text(head: tuple[str, ...], rows: Iterable[Cells]) -> str:
    """Amounts with a point and days as 2026-01-31; a text that a spreadsheet would run as a formula is quoted."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(head)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return written.getvalue()


def _harmless(cell: Cell) -> Cell:
    """Numbers keep their minus: a buyer chooses only texts. Spaces before a formula are no help against it."""
    if isinstance(cell, str) and cell.lstrip(" ").startswith(RUN_AS_FORMULA):
        return f"'{cell}"
    return cell
