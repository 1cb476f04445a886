"""A file that tells the country of IP addresses, as an operator would download one."""

from pathlib import Path

from mmdb_writer import MMDBWriter
from netaddr import IPSet

NETWORKS: dict[str, dict[str, object]] = {
    "203.0.113.0/24": {"country": {"iso_code": "DE"}},
    "198.51.100.0/24": {"country_code": "CH"},
    "192.0.2.0/24": {"city": "Nowhere"},
}
GERMAN, SWISS, UNKNOWN = "203.0.113.7", "198.51.100.9", "192.0.2.1"


def written(path: Path) -> str:
    """Write the file; where it is."""
    writer = MMDBWriter(ip_version=4)
    for network, record in NETWORKS.items():
        writer.insert_network(IPSet([network]), record)
    writer.to_db_file(str(path))
    return str(path)
