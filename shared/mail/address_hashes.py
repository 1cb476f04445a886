"""The keyed hashes under which a mailbox is known, by every key that is still read."""

from collections.abc import Callable
from dataclasses import dataclass

from shared.mail.mailbox import one_spelling
from shared.secrets import Keyring

USE = "address"
HASH_BYTES = 33  # the key's id and an HMAC-SHA-256


@dataclass(frozen=True)
class AddressHashes:
    """All hashes that may be stored of one mailbox: by every key, and the one from before key ids."""

    mailbox: str
    keyed: tuple[bytes, ...]
    legacy: bytes | None
    legacy_mailbox: str
    """The mailbox that the spelling from before key ids names."""

    @property
    def newest(self) -> bytes:
        return self.keyed[0]

    @property
    def older(self) -> tuple[bytes, ...]:
        return self.keyed[1:] if self.legacy is None else (*self.keyed[1:], self.legacy)

    def proved_by(self, address_hash: bytes, email: str | None) -> bool:
        """Whether a row with this hash is about this mailbox.

        The spelling before key ids made one of some mailboxes (`ß`, `ss`): such a hash is believed if the row's own
        address is this mailbox, or, in a row without one, if both spellings agree.
        """
        if address_hash in self.keyed:
            return True
        return (self.legacy_mailbox if email is None else one_spelling(email)) == self.mailbox


def address_hashes(
    keyring: Keyring, email: str, legacy_spelling: str, legacy_hash: Callable[[str, str], bytes]
) -> AddressHashes:
    """The hashes of a mailbox; `legacy_hash(secret, email)` is the service's own from before key ids."""
    mailbox = one_spelling(email)
    legacy = legacy_hash(keyring.legacy, email) if keyring.legacy else None
    keyed = tuple(keyring.macs(USE, mailbox.encode()))
    return AddressHashes(mailbox, keyed, legacy, one_spelling(legacy_spelling))


def newest_key_id(keyring: Keyring) -> int:
    """The first byte of the hashes that are made now."""
    return keyring.mac(USE, b"")[0]
