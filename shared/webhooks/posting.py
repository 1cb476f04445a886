"""One POST to a recipient: within a time, over TLS, to no address of an inner network, reading little of the answer."""

import asyncio
import functools
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import httpx

from shared.clock import now
from shared.webhooks.signing import SUCCESS, Kind, Target, Tried, answered, headers, is_forbidden

MOST_BYTES = 65_536


@dataclass(frozen=True)
class Sender:
    """Under which conditions webhooks leave."""

    limit_s: float
    local: bool
    """Inner networks are allowed: for tests and demonstrations."""


@functools.cache
def _authorities() -> ssl.SSLContext:
    """Those of the machine. Loading them takes a tenth of a second, which most processes never need."""
    return ssl.create_default_context()


class Failed(Exception):
    """A try ended without a whole answer."""

    def __init__(self, kind: Kind) -> None:
        super().__init__(kind)
        self.kind = kind


async def post(sender: Sender, target: Target, webhook_id: UUID, content: bytes) -> Tried:
    """Tell one recipient one thing; whatever its side does, this ends within the limit."""
    try:
        async with asyncio.timeout(sender.limit_s):
            return await _post(sender, target, webhook_id, content)
    except TimeoutError:
        return Tried("timeout")
    except Failed as failed:
        return Tried(failed.kind)
    except httpx.ConnectError as error:
        return Tried("certificate" if any(isinstance(e, ssl.SSLError) for e in _chain(error)) else "no connection")
    except httpx.HTTPError:
        return Tried("broken answer")


async def _post(sender: Sender, target: Target, webhook_id: UUID, content: bytes) -> Tried:
    url = httpx.URL(target.url)
    addresses = await _addresses(url)
    if not sender.local and any(map(is_forbidden, addresses)):
        raise Failed("forbidden address")
    # Asked for what was looked at: a name that is looked up once more may lead elsewhere by then.
    there = url.copy_with(host=addresses[0])
    fields = headers(target, webhook_id, now(), content) | {"host": url.netloc.decode()}
    # A proxy of the environment would see references, and be asked for inner addresses by name.
    async with httpx.AsyncClient(verify=_authorities(), timeout=None, trust_env=False) as client:  # noqa: S113 limited as a whole
        request = client.build_request(
            "POST", there, content=content, headers=fields, extensions={"sni_hostname": url.host}
        )
        answer = await client.send(request, stream=True)
        try:
            if answer.status_code in SUCCESS:
                await _read(answer)
        finally:
            await answer.aclose()
    return answered(answer.status_code, answer.headers.get("retry-after", ""), now())


async def _addresses(url: httpx.URL) -> list[str]:
    port = url.port or {"https": 443}.get(url.scheme, 80)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):
        raise Failed("no such name") from None
    return [str(each[4][0]) for each in found]


async def _read(answer: httpx.Response) -> None:
    """To its end, or to where it is too much: an answer that breaks off is none."""
    size = 0
    async for chunk in answer.aiter_raw():
        size += len(chunk)
        if size > MOST_BYTES:
            raise Failed("too large")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
