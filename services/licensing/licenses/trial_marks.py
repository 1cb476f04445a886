"""By what a person and a device are known that had a trial: keyed hashes, nothing else. Pure."""

from dataclasses import dataclass
from uuid import UUID

from shared.mail.mailbox import one_spelling
from shared.secrets import Keyring

ADDRESS, DEVICE, HOLDER = "trial of an address", "trial on a device", "holder of a trial"
DOTLESS = frozenset({"gmail.com", "googlemail.com"})


@dataclass(frozen=True)
class Mark:
    """The hashes by every key, newest first; `holders` are those of the license that may have it."""

    hashes: tuple[bytes, ...]
    holders: tuple[bytes, ...]


def of_address(keyring: Keyring, product: str, email: str, license_id: UUID) -> Mark:
    return _mark(keyring, ADDRESS, f"{product}|{un_aliased(email)}", license_id)


def of_device(keyring: Keyring, product: str, fingerprint: str, license_id: UUID) -> Mark:
    return _mark(keyring, DEVICE, f"{product}|{fingerprint}", license_id)


def un_aliased(email: str) -> str:
    """One mailbox by what its owner can't vary: without what follows a plus, and at Gmail without dots."""
    local, _, host = one_spelling(email).rpartition("@")
    plain = local.partition("+")[0] or local
    if host in DOTLESS:
        plain, host = plain.replace(".", "") or plain, "gmail.com"
    return f"{plain}@{host}"


def _mark(keyring: Keyring, use: str, content: str, license_id: UUID) -> Mark:
    """The product is in the hash: nothing tells that one person tried two."""
    return Mark(tuple(keyring.macs(use, content.encode())), tuple(keyring.macs(HOLDER, license_id.bytes)))
