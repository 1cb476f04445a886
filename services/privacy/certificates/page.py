"""A readable certificate as a page."""

from pathlib import Path

from services.privacy.certificates.reading import Readable
from services.privacy.documents.templates import templates

PAGES = templates(Path(__file__).parent / "templates")


def page(certificate: Readable, controller: str) -> bytes:
    """HTML for a browser, a phone or a printer."""
    return PAGES.get_template("certificate.html").render(c=certificate, controller=controller).encode()
