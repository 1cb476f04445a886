"""Who sent a request that came through proxies: X-Forwarded-For, as far as those who wrote it are trusted."""

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

from starlette.types import ASGIApp, Receive, Scope, Send

from services.gateway.addresses import Address, plain
from services.gateway.limits import client_of
from shared.observability import log

KEY = "lethe.sender"
FORWARDED_FOR = b"x-forwarded-for"
EVERYBODY = "*"
IPV4_MAPPED = IPv6Network("::ffff:0:0/96")

NOT_TRUSTED = (
    "X-Forwarded-For is ignored, for its sender is not trusted: all clients of a proxy share one rate until "
    "LETHE_TRUSTED_PROXIES names the proxy's address or network"
)

Network = IPv4Network | IPv6Network


@dataclass(frozen=True)
class Sender:
    """`address` is empty where a trusted proxy names none; `client` is whose rates count."""

    address: str
    client: str


def networks(text: str) -> tuple[Network, ...]:
    """Addresses and networks with commas, or `*`. Raises ValueError for anything else."""
    if text.strip() == EVERYBODY:
        return IPv4Network("0.0.0.0/0"), IPv6Network("::/0")
    return tuple(_network(part.strip()) for part in text.split(",") if part.strip())


def _network(text: str) -> Network:
    """An address as it is compared, which is never a mapped one."""
    network = ip_network(text if "/" in text else plain(text) or text, strict=False)
    if isinstance(network, IPv6Network) and network.subnet_of(IPV4_MAPPED):
        return IPv4Network((network.network_address.packed[-4:], network.prefixlen - IPV4_MAPPED.prefixlen))
    return network


class ForwardingMiddleware:
    """Tells each request its sender. uvicorn's own would take `unknown` for an address and miss a mapped proxy."""

    def __init__(self, app: ASGIApp, trusted: tuple[Network, ...]) -> None:
        self.app, self._trusted = app, trusted
        self._warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            peer, told = (scope.get("client") or ("",))[0], hops(scope)
            known = plain(peer)
            self._warn_of_a_stranger(known, told)
            scope[KEY] = self._sender(known, told) if known else Sender("", peer)
        await self.app(scope, receive, send)

    def _sender(self, known: Address, told: list[str]) -> Sender:
        """Each proxy names who came to it: go back until one is not trusted, or names nobody."""
        for hop in told:
            if not self._trusts(known):
                break
            before = plain(hop)
            if before is None:
                return Sender("", client_of(known))
            known = before
        return Sender(str(known), client_of(known))

    def _warn_of_a_stranger(self, known: Address | None, told: list[str]) -> None:
        """Once: behind a proxy that is not trusted all clients share one rate, and nothing else shows it."""
        if told and not self._warned and not (known and self._trusts(known)):
            log.warning(NOT_TRUSTED)
            self._warned = True

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


def hops(scope: Scope) -> list[str]:
    """What X-Forwarded-For says, newest first; a header that names nobody is one empty hop."""
    values = [value.decode("latin-1") for name, value in scope["headers"] if name == FORWARDED_FOR]
    named = [part.strip() for part in ",".join(values).split(",") if part.strip()]
    return named[::-1] or [""] * bool(values)
