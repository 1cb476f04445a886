"""Rate limits per client: token buckets in memory, the longest unused of which are dropped."""

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from shared.problems import Problem, Refused

RATE = r"^(off|[1-9][0-9]{0,6}/(second|minute|hour))$"
SECONDS = {"second": 1.0, "minute": 60.0, "hour": 3600.0}
CAPACITY = 100_000  # buckets; the longest unused goes first
IPV6_CLIENT_BITS = 64  # one household or host gets a whole /64


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
        super().__init__(Problem(title="too many requests", status=429, detail=f"try again in {wait_s} s"))
        self.wait_s = wait_s


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


def client_of(host: str) -> str:
    """The client that an address belongs to: itself, or its network of 64 bits."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, IPV6_CLIENT_BITS), strict=False))
    return host
