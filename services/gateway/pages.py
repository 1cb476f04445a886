"""The few pages that links in mails lead to; everything else is for programs."""

import html

from starlette.responses import HTMLResponse

from shared.contracts.fields import Language


def page(title: str, content: str, language: Language = "pl", head: str = "") -> HTMLResponse:
    """A small page; `content` and `head` are HTML of ours, the title is escaped."""
    escaped = html.escape(title)
    return HTMLResponse(
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><meta name="robots" content="noindex">{head}'
        f"<title>{escaped}</title><h1>{escaped}</h1>{content}</html>"
    )
