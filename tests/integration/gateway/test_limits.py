"""Rates: what is too much is refused with the time to wait, and memory stays bounded."""

import httpx
import pytest

from services.gateway.limits import Kind, Limits, Rate, TooMany, client_of
from services.gateway.settings import GatewaySettings
from tests.gateway import bearer, front_door, problem
from tests.house import House

NOBODY = "n" * 43


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def limits(clock: Clock, capacity: int = 10, rate: str = "3/minute") -> Limits:
    return Limits({kind: Rate.read(rate) for kind in Kind}, clock=clock, capacity=capacity)


def test_a_bucket_empties_and_fills_again() -> None:
    clock = Clock()
    made = limits(clock)
    for _ in range(3):
        made.spend(Kind.OPEN, "a")
    with pytest.raises(TooMany) as refused:
        made.spend(Kind.OPEN, "a")
    assert refused.value.wait_s == 20
    made.spend(Kind.OPEN, "b")
    made.spend(Kind.MAIL, "a")
    clock.at = 19.9
    with pytest.raises(TooMany):
        made.spend(Kind.OPEN, "a")
    clock.at = 20.0
    made.spend(Kind.OPEN, "a")
    with pytest.raises(TooMany):
        made.spend(Kind.OPEN, "a")
    clock.at = 1000.0
    for _ in range(3):
        made.spend(Kind.OPEN, "a")
    with pytest.raises(TooMany):
        made.spend(Kind.OPEN, "a")


def test_memory_is_bounded_and_the_busy_are_remembered() -> None:
    made = limits(Clock())
    for _ in range(3):
        made.spend(Kind.OPEN, "busy")
    for number in range(1000):
        made.spend(Kind.OPEN, str(number))
        with pytest.raises(TooMany):
            made.spend(Kind.OPEN, "busy")
    assert len(made) == 10


def test_off_means_no_limit() -> None:
    made = limits(Clock(), rate="off")
    for _ in range(1000):
        made.spend(Kind.OPEN, "a")
    assert len(made) == 0


def test_a_household_is_one_client() -> None:
    assert client_of("2001:db8:1:2:3::1") == client_of("2001:db8:1:2:ffff::9") != client_of("2001:db8:1:3::1")
    assert client_of("192.0.2.1") != client_of("192.0.2.2")
    assert client_of("unknown") == "unknown"


def test_a_wrong_rate_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LETHE_GATEWAY_RATE_MAIL", "lots")
    with pytest.raises(ValueError, match="rate_mail"):
        GatewaySettings.of("gateway")


async def spent(client: httpx.AsyncClient, times: int, **request: object) -> httpx.Response:
    """The last of so many answers."""
    for _ in range(times):
        answer = await client.request(**request)  # type: ignore[arg-type]
    return answer


async def test_too_many_over_http(house: House) -> None:
    async with front_door(house, rate_mail="2/minute", rate_open="3/hour") as client:
        asked = {"method": "POST", "url": "/accounts", "json": {}}
        problem(await spent(client, 2, **asked), 422)
        answer = await spent(client, 1, **asked)
        assert problem(answer, 429)["title"] == "too many requests"
        assert 25 <= int(answer.headers["retry-after"]) <= 30
        # another kind of route has a rate of its own
        problem(await spent(client, 3, method="GET", url="/products"), 503)
        answer = await spent(client, 1, method="GET", url="/products")
        problem(answer, 429)
        assert int(answer.headers["retry-after"]) > 1000


async def test_a_refused_body_counts_as_well(house: House) -> None:
    async with front_door(house, rate_credentials="2/minute") as client:
        problem(await spent(client, 2, method="POST", url="/sessions", content=b"{"), 415)
        problem(await spent(client, 1, method="POST", url="/sessions", content=b"{"), 429)


async def test_sessions_have_their_own_rate_and_the_address_one_for_all(house: House) -> None:
    async with front_door(house, rate_member="2/minute", rate_address="6/minute") as client:
        first, second = bearer("f" * 43), bearer("s" * 43)
        problem(await spent(client, 2, method="GET", url="/me", headers=first), 503)
        problem(await spent(client, 1, method="GET", url="/me", headers=first), 429)
        problem(await spent(client, 2, method="GET", url="/me", headers=second), 503)
        problem(await spent(client, 1, method="GET", url="/me", headers=second), 429)
        problem(await spent(client, 1, method="GET", url="/me", headers=bearer("t" * 43)), 429)


async def test_only_a_trusted_proxy_names_the_client(house: House) -> None:
    asked = {"method": "GET", "url": "/products"}
    elsewhere = {"X-Forwarded-For": "192.0.2.7"}
    async with front_door(house, rate_open="1/hour") as client:
        problem(await spent(client, 1, **asked), 503)
        problem(await spent(client, 1, **asked, headers=elsewhere), 429)
    async with front_door(house, rate_open="1/hour", trusted_proxies="127.0.0.1") as client:
        problem(await spent(client, 1, **asked), 503)
        problem(await spent(client, 1, **asked, headers=elsewhere), 503)
        problem(await spent(client, 1, **asked, headers=elsewhere), 429)
