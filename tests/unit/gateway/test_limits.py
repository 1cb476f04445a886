"""Token buckets: they empty and fill, and memory stays bounded."""

from ipaddress import IPv4Address, IPv6Address

import pytest

from services.gateway.limits import Kind, Limits, Rate, TooMany, client_of
from services.gateway.settings import GatewaySettings


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
    buckets = limits(clock)
    for _ in range(3):
        buckets.spend(Kind.OPEN, "a")
    with pytest.raises(TooMany) as refused:
        buckets.spend(Kind.OPEN, "a")
    assert refused.value.problem.retry_after == 20
    buckets.spend(Kind.OPEN, "b")
    buckets.spend(Kind.MAIL, "a")
    clock.at = 19.9
    with pytest.raises(TooMany):
        buckets.spend(Kind.OPEN, "a")
    clock.at = 20.0
    buckets.spend(Kind.OPEN, "a")
    with pytest.raises(TooMany):
        buckets.spend(Kind.OPEN, "a")
    clock.at = 1000.0
    for _ in range(3):
        buckets.spend(Kind.OPEN, "a")
    with pytest.raises(TooMany):
        buckets.spend(Kind.OPEN, "a")


def test_memory_is_bounded_and_the_busy_are_remembered() -> None:
    buckets = limits(Clock())
    for _ in range(3):
        buckets.spend(Kind.OPEN, "busy")
    for number in range(1000):
        buckets.spend(Kind.OPEN, str(number))
        with pytest.raises(TooMany):
            buckets.spend(Kind.OPEN, "busy")
    assert len(buckets) == 10


def test_off_means_no_limit() -> None:
    buckets = limits(Clock(), rate="off")
    for _ in range(1000):
        buckets.spend(Kind.OPEN, "a")
    assert len(buckets) == 0


def test_a_household_is_one_client() -> None:
    one, same, other = (IPv6Address(f"2001:db8:1:{end}") for end in ("2:3::1", "2:ffff::9", "3::1"))
    assert client_of(one) == client_of(same) != client_of(other)
    assert client_of(IPv4Address("192.0.2.1")) != client_of(IPv4Address("192.0.2.2"))


@pytest.mark.parametrize("text", ["proxy.example", "10.0.0.0/33", "10.0.0.1;10.0.0.2", "*, 10.0.0.1"])
def test_a_proxy_that_is_no_address_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="trusted_proxies"):
        GatewaySettings(amqp_url="amqp://127.0.0.1", trusted_proxies=text)


def test_a_wrong_rate_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LETHE_GATEWAY_RATE_MAIL", "lots")
    with pytest.raises(ValueError, match="rate_mail"):
        GatewaySettings.of("gateway")
