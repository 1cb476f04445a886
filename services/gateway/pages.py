"""The few pages that links in mails lead to; everything else is for programs."""

import html

from starlette.responses import HTMLResponse


def page(title: str, content: str) -> HTMLResponse:
    """A small page; `content` is HTML of ours, the title is escaped."""
    escaped = html.escape(title)
    return HTMLResponse(
        '<!doctype html><html lang="pl"><meta charset="utf-8"><meta name="robots" content="noindex">'
        f"<title>{escaped}</title><h1>{escaped}</h1>{content}</html>"
    )
