"""The notice as HTML, Markdown or JSON."""

from pathlib import Path
from typing import Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from services.privacy.notice.content import Edition

Format = Literal["html", "markdown", "json"]

PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    keep_trailing_newline=True,
)


def render(edition: Edition, shape: Format) -> str:
    """One edition in one format."""
    if shape == "json":
        return edition.model_dump_json(indent=2) + "\n"
    template = PAGES.get_template("notice.html" if shape == "html" else "notice.md")
    return template.render(edition=edition).lstrip()
