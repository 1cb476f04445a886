"""The notice as HTML, Markdown or JSON."""

from pathlib import Path
from typing import Literal

from services.privacy.documents.notice.model import Edition
from services.privacy.documents.templates import templates

Format = Literal["html", "markdown", "json"]

PAGES = templates(Path(__file__).parent / "templates")


def render(edition: Edition, shape: Format) -> str:
    if shape == "json":
        return edition.model_dump_json(indent=2) + "\n"
    template = PAGES.get_template("notice.html" if shape == "html" else "notice.md")
    return template.render(edition=edition).lstrip()
