"""A readable certificate as a PDF."""

from datetime import datetime

from services.privacy.certificates.reading import Readable
from shared.pdf.sheet import HEADING_PT, TEXT_PT, TITLE_PT, Sheet, begin, fact, plain_bytes, write

LABEL_MM, INDENT_MM = 55.0, 6.0


def pdf(certificate: Readable, controller: str, made_at: datetime) -> bytes:
    """The document as bytes."""
    sheet = Sheet(controller)
    begin(sheet, certificate.title, certificate.language, made_at)
    write(sheet, certificate.title, TITLE_PT, bold=True)
    for label, value in certificate.facts:
        fact(sheet, label, value, LABEL_MM)
    for section in certificate.sections:
        sheet.ln(4)
        write(sheet, section.title, HEADING_PT, bold=True)
        for first, *others in section.items:
            write(sheet, f"• {first}", TEXT_PT)
            for line in others:
                write(sheet, line, TEXT_PT, indent=INDENT_MM)
    return plain_bytes(sheet)
