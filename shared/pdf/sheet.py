"""Documents as PDF with their fonts in them: the same words make the same bytes on every machine."""

import re
import zlib
from datetime import datetime
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.output import OutputProducer
from fpdf.syntax import Name, PDFContentStream, PDFObject

FONTS = Path(__file__).parent / "fonts"
FONT = "DejaVu"
MARGIN_MM = 20.0
TITLE_PT, HEADING_PT, TEXT_PT, SMALL_PT = 18, 12, 10, 8
LINE = 1.4
POINT_MM = 0.3528
REPEATED = re.compile(rb"(.)\1{2,127}", re.DOTALL)
AS_IT_IS = re.compile(rb"(?:(.)(?!\1\1)){1,128}|.", re.DOTALL)


class Sheet(FPDF):
    """A4 pages with a line of words and the page's number at the foot of each."""

    def __init__(self, foot: str, *, margin_mm: float = MARGIN_MM) -> None:
        super().__init__(format="A4")
        self.foot = foot
        self.set_margin(margin_mm)
        self.set_auto_page_break(True, MARGIN_MM)
        self.add_font(FONT, "", FONTS / "DejaVuSans.ttf")
        self.add_font(FONT, "B", FONTS / "DejaVuSans-Bold.ttf")
        self.set_compression(False)

    def footer(self) -> None:
        self.set_y(-15)
        self.set_font(FONT, size=SMALL_PT)
        self.cell(0, 5, f"{self.foot}   {self.page_no()} / {{nb}}", align="C")


class _Undeflated(OutputProducer):
    """What fpdf2 deflates is run-length encoded instead: two builds of zlib may deflate the same to other bytes."""

    def _add_pdf_obj(self, pdf_obj: PDFObject, trace_label: str | None = None) -> int:
        if isinstance(pdf_obj, PDFContentStream) and pdf_obj.filter is not None:
            encoded = run_lengths(zlib.decompress(pdf_obj.content_stream()))
            pdf_obj._contents = encoded  # noqa: SLF001 there is no other way in
            pdf_obj.filter, pdf_obj.length = Name("RunLengthDecode"), len(encoded)
        return super()._add_pdf_obj(pdf_obj, trace_label)


def run_lengths(plain: bytes) -> bytes:
    """Encoded for RunLengthDecode (ISO 32000-1, 7.4.5): n < 128 and n + 1 bytes as they are, or n > 128 and one byte to
    be repeated 257 - n times; 128 is the end. The maps of fonts are nearly all zeros, 128 KB of them each.
    """
    encoded, place = bytearray(), 0
    while place < len(plain):
        repeated = REPEATED.match(plain, place)
        part = repeated or AS_IT_IS.match(plain, place)
        assert part is not None  # noqa: S101 any one byte is a part
        text = part[0]
        encoded += bytes((257 - len(text), text[0])) if repeated else bytes((len(text) - 1,)) + text
        place = part.end()
    return bytes(encoded) + b"\x80"


def begin(sheet: Sheet, title: str, language: str, made_at: datetime) -> None:
    """The first page, and what the file says of itself; `made_at` stands in for the clock, which would change it."""
    sheet.set_lang(language)
    sheet.set_title(title)
    sheet.set_creation_date(made_at)
    sheet.add_page()


def write(sheet: FPDF, text: str, size: int, *, bold: bool = False, indent: float = 0.0) -> None:
    """A paragraph over the whole width."""
    sheet.set_font(FONT, "B" if bold else "", size)
    sheet.set_x(sheet.l_margin + indent)
    sheet.multi_cell(0, size * POINT_MM * LINE, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def fact(sheet: FPDF, label: str, value: str, label_mm: float, size: int = TEXT_PT) -> None:
    """A label and its value beside it."""
    sheet.set_font(FONT, size=size)
    sheet.cell(label_mm, size * POINT_MM * LINE, label)
    sheet.multi_cell(0, size * POINT_MM * LINE, value, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def plain_bytes(sheet: Sheet) -> bytes:
    """The document."""
    return bytes(sheet.output(output_producer_class=_Undeflated))
