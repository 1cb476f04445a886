"""The few pages that links in mails lead to; everything else is for programs."""

import html
from urllib.parse import parse_qs

from starlette.responses import HTMLResponse

FORM = "application/x-www-form-urlencoded"


def page(title: str, content: str) -> HTMLResponse:
    """A small page; `content` is HTML of ours, the title may be anybody's."""
    shown = html.escape(title)
    return HTMLResponse(
        '<!doctype html><html lang="pl"><meta charset="utf-8"><meta name="robots" content="noindex">'
        f"<title>{shown}</title><h1>{shown}</h1>{content}</html>"
    )


def media_type(content_type: str) -> str:
    """The media type without its parameters."""
    return content_type.partition(";")[0].strip().lower()


def fields_of(body: bytes) -> set[tuple[str, str]]:
    """The fields of an urlencoded form."""
    return {(name, value) for name, values in parse_qs(body.decode("ascii", "replace")).items() for value in values}
