"""Rate limits per client: token buckets in memory, the longest unused of which are dropped."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv6Address, IPv6Network
from typing import Self

from services.gateway.addresses import Address
from shared.problems import Problem, Refused

RATE = r"^(off|[1-9][0-9]{0,6}/(second|minute|hour))$"
SECONDS = {"second": 1.0, "minute": 60.0, "hour": 3600.0}
CAPACITY = 100_000  # buckets; the longest unused goes first
IPV6_CLIENT_BITS = 64  # one household or host gets a whole /64
LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")  # RFC 8215: where the IPv4 address stands in it is up to the operator


class Kind(StrEnum):
    """What a route costs; each kind has a rate of its own."""

    ADDRESS = "address"  # every route, on top of its own kind
    OPEN = "open"
    CREDENTIALS = "credentials"
    MAIL = "mail"
    LICENSE = "license"
    MEMBER = "member"
    WEBHOOK = "webhook"


@dataclass(frozen=True)
class Rate:
    """`burst` requests at once, and `per_second` afterwards."""

    burst: int
    per_second: float

    @classmethod
    def read(cls, text: str) -> Self | None:
        """`60/minute` or `off`."""
        if text == "off":
            return None
        count, _, unit = text.partition("/")
        return cls(int(count), int(count) / SECONDS[unit])


class TooMany(Refused):
    """A client asked more than its rate; 429."""

    def __init__(self, wait_s: int) -> None:
        detail = f"try again in {wait_s} s"
        super().__init__(Problem(title="too many requests", status=429, detail=detail, retry_after=wait_s))


class Limits:
    """The buckets of all clients. Keys are hashes: neither addresses nor tokens are held."""

    def __init__(
        self,
        rates: Mapping[Kind, Rate | None],
        *,
        clock: Callable[[], float] = time.monotonic,
        capacity: int = CAPACITY,
    ) -> None:
        self._rates, self._clock, self._capacity = rates, clock, capacity
        self._buckets: OrderedDict[int, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def spend(self, kind: Kind, client: str) -> None:
        """Take one from a client's bucket. Raises TooMany when it is empty."""
        rate = self._rates[kind]
        if rate is None:
            return
        at, key = self._clock(), hash((kind, client))
        left, since = self._buckets.pop(key, (float(rate.burst), at))
        left = min(rate.burst, left + (at - since) * rate.per_second)
        enough = left >= 1
        self._buckets[key] = (left - 1 if enough else left, at)
        if len(self._buckets) > self._capacity:
            self._buckets.popitem(last=False)
        if not enough:
            raise TooMany(math.ceil((1 - left) / rate.per_second))


def client_of(address: Address) -> str:
    """The client that an address belongs to: itself, or its network of 64 bits."""
    return str(_counted(address) if isinstance(address, IPv6Address) else address)


def _counted(address: IPv6Address) -> Address | IPv6Network:
    """Where unlike clients share a /64, what tells them apart: a tunnel's IPv4 address, or the address itself."""
    if address.teredo:
        return address.teredo[1]
    if address.sixtofour:
        return address.sixtofour
    if address.is_link_local or address in LOCAL_NAT64:
        return address
    return IPv6Network((address, IPV6_CLIENT_BITS), strict=False)
