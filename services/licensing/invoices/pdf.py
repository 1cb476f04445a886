"""The document of an invoice as a PDF: the same bytes for the same row, whoever makes it and whenever."""

from datetime import UTC, datetime, time

import segno
from fpdf.enums import Align, TableBordersLayout
from fpdf.fonts import FontFace

from services.licensing.invoices.documents import Block, Code, Document, Table
from shared.pdf.sheet import FONT, LINE, POINT_MM, SMALL_PT, TEXT_PT, TITLE_PT, Sheet, begin, fact, plain_bytes, write

MARGIN_MM, LABEL_MM, GAP_MM = 15.0, 78.0, 6.0
TITLE_SMALLER_PT = TITLE_PT - 4
WIDTHS = {9: (8, 42, 18, 12, 22, 22, 18, 20, 22), 4: (62, 40, 40, 40), 6: (66, 22, 26, 18, 24, 26)}
"""Of the columns, by how many there are."""
RIGHT_FROM = {9: 4, 4: 1, 6: 2}
CODE_MM = 34.0


def pdf(said: Document) -> bytes:
    """The document as bytes. The day of issue stands for the clock."""
    sheet = Sheet(said.title, margin_mm=MARGIN_MM)
    begin(sheet, said.title, "pl", datetime.combine(said.issued_on, time(), UTC))
    write(sheet, said.title, TITLE_SMALLER_PT, bold=True)
    sheet.ln(2)
    for label, value in said.facts:
        fact(sheet, label, value, LABEL_MM, SMALL_PT + 1)
    _parties(sheet, said.parties)
    _table(sheet, said.items)
    if said.sums is not None:
        _table(sheet, said.sums)
    for label, value in said.payment:
        fact(sheet, label, value, LABEL_MM)
    sheet.ln(3)
    for note in said.notes:
        write(sheet, note, TEXT_PT)
    if said.codes:
        _codes(sheet, said.codes)
    return plain_bytes(sheet)


def _parties(sheet: Sheet, parties: tuple[Block, ...]) -> None:
    """Side by side; the next thing stands below the longest."""
    sheet.ln(4)
    top, lowest = sheet.get_y(), 0.0
    width = (sheet.epw - GAP_MM * (len(parties) - 1)) / len(parties)
    for place, block in enumerate(parties):
        left = sheet.l_margin + place * (width + GAP_MM)
        sheet.set_xy(left, top)
        sheet.set_font(FONT, "B", SMALL_PT)
        sheet.multi_cell(width, SMALL_PT * POINT_MM * LINE, block.title, align="L", new_x="LEFT", new_y="NEXT")
        sheet.set_font(FONT, "", TEXT_PT)
        for line in block.lines:
            sheet.multi_cell(width, TEXT_PT * POINT_MM * LINE, line, align="L", new_x="LEFT", new_y="NEXT")
        lowest = max(lowest, sheet.get_y())
    sheet.set_y(lowest + GAP_MM)


def _table(sheet: Sheet, table: Table) -> None:
    columns = len(table.head)
    aligned = [Align.L if place < RIGHT_FROM[columns] else Align.R for place in range(columns)]
    sheet.set_font(FONT, size=SMALL_PT)
    with sheet.table(
        col_widths=WIDTHS[columns],
        text_align=aligned,
        headings_style=FontFace(emphasis="BOLD", fill_color=(235, 235, 235)),
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        line_height=SMALL_PT * POINT_MM * LINE,
        padding=1,
    ) as drawn:
        for cells in (table.head, *table.rows):
            row = drawn.row()
            for cell in cells:
                row.cell(cell)
    sheet.ln(GAP_MM)


def _codes(sheet: Sheet, codes: tuple[Code, ...]) -> None:
    """Side by side, below the longest title: on one page as long as anything else is."""
    if sheet.will_page_break(CODE_MM + 3 * GAP_MM):
        sheet.add_page()
    sheet.ln(4)
    top, lowest, width = sheet.get_y(), 0.0, sheet.epw / max(2, len(codes))
    for place, code in enumerate(codes):
        _beside(sheet, code.title, sheet.l_margin + place * width, top, width)
        lowest = max(lowest, sheet.get_y())
    for place, code in enumerate(codes):
        left = sheet.l_margin + place * width
        _picture(sheet, code.text, left, lowest + 2)
        if code.below:
            _beside(sheet, code.below, left, lowest + CODE_MM + 3, width)


def _picture(sheet: Sheet, text: str, left: float, top: float) -> None:
    """Square by square: a bitmap would be deflated."""
    rows = tuple(segno.make(text, error="m", micro=False, boost_error=False).matrix)
    size = CODE_MM / len(rows)
    sheet.set_fill_color(0)
    for down, row in enumerate(rows):
        for across, dark in enumerate(row):
            if dark:
                sheet.rect(left + across * size, top + down * size, size, size, style="F")


def _beside(sheet: Sheet, text: str, left: float, top: float, width: float) -> None:
    sheet.set_xy(left, top)
    sheet.set_font(FONT, "", SMALL_PT)
    sheet.multi_cell(width, SMALL_PT * POINT_MM * LINE, text, align="L", new_x="LEFT", new_y="NEXT")
