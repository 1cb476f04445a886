"""One address, however it is written; and one bucket per client, whatever its address is wrapped in."""

import pytest

from services.gateway import limits
from services.gateway.addresses import plain

WRITTEN = {
    "::ffff:192.0.2.7": "192.0.2.7",
    "::FFFF:c000:207": "192.0.2.7",
    "64:ff9b::192.0.2.7": "192.0.2.7",
    "64:ff9b::c000:207": "192.0.2.7",
    "192.0.2.7:5060": "192.0.2.7",
    "[::ffff:192.0.2.7]:443": "192.0.2.7",
    "[::ffff:192.0.2.7]": "192.0.2.7",
    "::ffff:192.0.2.7%eth0": "192.0.2.7",
    "[2001:db8::1]:443": "2001:db8::/64",
    "2001:DB8:0::1%7": "2001:db8::/64",
    "fe80::1%eth0": "fe80::1",
    "[fe80::1%25eth0]:443": "fe80::1",
}


def client_of(text: str) -> str:
    address = plain(text)
    assert address is not None
    return limits.client_of(address)


@pytest.mark.parametrize("text", WRITTEN)
def test_one_client_however_its_address_is_written(text: str) -> None:
    assert client_of(text) == WRITTEN[text]


APART = [
    ("::ffff:192.0.2.7", "::ffff:192.0.2.8"),
    ("64:ff9b::192.0.2.7", "64:ff9b::192.0.2.8"),
    ("64:ff9b:1::192.0.2.7", "64:ff9b:1::192.0.2.8"),
    ("fe80::1%eth0", "fe80::2%eth0"),
    ("2001:0:4136:e378:8000:63bf:3fff:fdf8", "2001:0:4136:e378:8000:63bf:3fff:fdf7"),
    ("192.0.2.7:5060", "192.0.2.8:5060"),
]


@pytest.mark.parametrize(("one", "other"), APART)
def test_unlike_clients_of_one_network_have_buckets_of_their_own(one: str, other: str) -> None:
    assert client_of(one) != client_of(other)


def test_a_tunnel_counts_as_the_address_at_its_end() -> None:
    assert client_of("2002:c000:207:1::1") == client_of("2002:c000:207:2::1") == "192.0.2.7"
    assert client_of("2001:0:4136:e378:8000:63bf:3fff:fdf8") == "192.0.2.7"


@pytest.mark.parametrize(
    "text", ["unknown", "", "_hidden", "192.0.2.7:", "[192.0.2.7", "192.0.2.700", "host:80", "::g"]
)
def test_what_is_no_address_is_none(text: str) -> None:
    assert plain(text) is None
