"""Delivery addresses, sealed with a key that is not in the database and destroyed after the last letter."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken

from shared.observability import log
from shared.seals import seal, unseal
from shared.secrets import Keyring

USE = "delivery address"


@dataclass(frozen=True)
class AddressSeal:
    """Seals and opens addresses with privacy's keys."""

    keyring: Keyring

    def close(self, address: str) -> bytes:
        return seal(self.keyring, USE, address)

    def open(self, sealed: bytes) -> str:
        """Read a sealed address. Raises cryptography.fernet.InvalidToken when no key fits."""
        try:
            return unseal(self.keyring, USE, sealed)
        except InvalidToken:
            if self.keyring.legacy is None:
                raise
            return Fernet(self.keyring.legacy).decrypt(sealed).decode()

    def open_all(self, sealed: Iterable[bytes]) -> Iterator[str]:
        """Those that a key fits; one that nobody can read any more must not hold up an erasure."""
        for each in sealed:
            try:
                yield self.open(each)
            except InvalidToken:
                log.error("a sealed address fits no key")
