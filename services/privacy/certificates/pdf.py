"""A readable certificate as a PDF, with its fonts in it."""

from datetime import datetime
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from services.privacy.certificates.reading import Readable

FONTS = Path(__file__).parent / "fonts"
FONT = "DejaVu"
MARGIN_MM, LABEL_MM, INDENT_MM = 20.0, 55.0, 6.0
TITLE_PT, HEADING_PT, TEXT_PT, SMALL_PT = 18, 12, 10, 8
LINE = 1.4
POINT_MM = 0.3528


class _Sheet(FPDF):
    """A4 pages with the controller and the page's number at the foot of each."""

    controller = ""

    def footer(self) -> None:
        self.set_y(-15)
        self.set_font(FONT, size=SMALL_PT)
        self.cell(0, 5, f"{self.controller}   {self.page_no()} / {{nb}}", align="C")


def pdf(certificate: Readable, controller: str, made_at: datetime) -> bytes:
    """The document as bytes."""
    sheet = _Sheet(format="A4")
    sheet.controller = controller
    sheet.set_margin(MARGIN_MM)
    sheet.set_auto_page_break(True, MARGIN_MM)
    sheet.add_font(FONT, "", FONTS / "DejaVuSans.ttf")
    sheet.add_font(FONT, "B", FONTS / "DejaVuSans-Bold.ttf")
    sheet.set_lang(certificate.language)
    sheet.set_title(certificate.title)
    sheet.set_creation_date(made_at)
    sheet.add_page()
    _write(sheet, certificate.title, TITLE_PT, bold=True)
    _facts(sheet, certificate)
    for section in certificate.sections:
        sheet.ln(4)
        _write(sheet, section.title, HEADING_PT, bold=True)
        for first, *others in section.items:
            _write(sheet, f"• {first}", TEXT_PT)
            for line in others:
                _write(sheet, line, TEXT_PT, indent=INDENT_MM)
    return bytes(sheet.output())


def _facts(sheet: FPDF, certificate: Readable) -> None:
    for label, value in certificate.facts:
        sheet.set_font(FONT, size=TEXT_PT)
        sheet.cell(LABEL_MM, TEXT_PT * POINT_MM * LINE, label)
        sheet.multi_cell(0, TEXT_PT * POINT_MM * LINE, value, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _write(sheet: FPDF, text: str, size: int, *, bold: bool = False, indent: float = 0.0) -> None:
    sheet.set_font(FONT, "B" if bold else "", size)
    sheet.set_x(MARGIN_MM + indent)
    sheet.multi_cell(0, size * POINT_MM * LINE, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
