"""A client's address in one plain form, however a socket or a proxy writes it."""

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

WITH_PORT = re.compile(r"\[([^\[\]]+)\](?::[0-9]{1,5})?|([0-9.]+):[0-9]{1,5}")
NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 client as a translator shows it


def plain(text: str) -> Address | None:
    """Without port, brackets and zone; a mapped or translated client is its IPv4 address. None for anything else."""
    written = WITH_PORT.fullmatch(text)
    host = (written[1] or written[2]) if written else text
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return _untranslated(address) if isinstance(address, IPv6Address) else address


def _untranslated(address: IPv6Address) -> Address:
    if address in NAT64:
        return IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address
