"""What pages of other sites may ask from a browser: the gate of their tags, and nothing else of the gateway.

Nothing that a browser holds for us goes along, for there is nothing: no cookie, and no credentials are allowed.
"""

import re
from dataclasses import dataclass

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

OPEN_PATHS = re.compile(r"/cookie-choices/[^/]+")
A_DAY_S = "86400"
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, PUT",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Max-Age": A_DAY_S,
}
"""What the answer to a preflight allows."""


@dataclass(frozen=True)
class CrossOriginMiddleware:
    """Lets every site read the answers of the open paths, refusals too: without the header a browser hides both."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and OPEN_PATHS.fullmatch(scope["path"]):
            await self.app(scope, receive, _opened(send))
        else:
            await self.app(scope, receive, send)


def _opened(send: Send) -> Send:
    async def with_header(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["Access-Control-Allow-Origin"] = "*"
        await send(message)

    return with_header
