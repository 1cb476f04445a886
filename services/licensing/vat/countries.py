"""The country of an IP address, looked up in a local file (MaxMind's format): no address leaves the house for it."""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address

import maxminddb

from services.licensing.vat.rules import TaxPolicy

Locate = Callable[[str], str]
"""The ISO 3166-1 code of where an address is, empty where nobody knows."""


@dataclass(frozen=True)
class Taxation:
    """How the vendor is registered, and how it sees where buyers are."""

    policy: TaxPolicy
    locate: Locate


def nowhere(_address: str) -> str:
    """Without a file."""
    return ""


def opened(path: str) -> Locate:
    """Look addresses up in a file. Raises OSError and maxminddb.InvalidDatabaseError for what is none."""
    if not path:
        return nowhere
    reader = maxminddb.open_database(path)

    def locate(address: str) -> str:
        try:
            return _country(reader.get(ip_address(address)))
        except ValueError:  # no address, or one of a kind that the file does not hold
            return ""

    return locate


def _country(record: object) -> str:
    """GeoLite2 and DB-IP write country.iso_code, others country_code."""
    if not isinstance(record, dict):
        return ""
    country = record.get("country")
    code = country.get("iso_code") if isinstance(country, dict) else record.get("country_code")
    return code if isinstance(code, str) else ""
