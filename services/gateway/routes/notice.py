"""The privacy notice, in the language and format that the reader asks for."""

from typing import Annotated, Any, Literal

from fastapi import Query, Request
from starlette.responses import Response

from services.gateway.authentication import Anybody
from services.gateway.preferences import wanted
from services.gateway.routing import router
from shared.contracts import privacy
from shared.contracts.fields import Language

anybody = router("privacy notice")

Format = Literal["html", "markdown", "json"]
ACCEPTED: dict[str, Format] = {
    "text/html": "html",
    "text/markdown": "markdown",
    "application/json": "json",
    "text/*": "html",
    "application/*": "json",
    "*/*": "html",
}
MEDIA_TYPES: dict[Format, str] = {"html": "text/html", "markdown": "text/markdown", "json": "application/json"}
PAGES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/html": {"schema": {"type": "string"}}, "text/markdown": {"schema": {"type": "string"}}}}
    | {"description": "the notice"}
}
HEADERS = {
    "Vary": "Accept",
    "Cache-Control": "public, max-age=60",
    # the page brings its own style and nothing else
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
}
Version = Annotated[int | None, Query(ge=1, le=1_000_000, description="a certain version instead of the one in force")]


@anybody.get("/privacy-notice", responses=PAGES)
async def notice(request: Request, caller: Anybody, lang: Language = "pl", version: Version = None) -> Response:
    """What is done with personal data and why (GDPR Art. 13, 14): HTML, Markdown or JSON, as `Accept` says."""
    shape = preferred(request.headers.get("accept", ""))
    edition = await caller.request(privacy.ReadNotice(language=lang, format=shape, version=version))
    return Response(edition.document, media_type=MEDIA_TYPES[shape], headers=HEADERS | {"Content-Language": lang})


def preferred(accept: str) -> Format:
    """The format that an Accept header wants most; the page where it wants nothing of ours (RFC 9110, 12.5.1)."""
    return next((ACCEPTED[kind] for kind in wanted(accept) if kind in ACCEPTED), "html")
