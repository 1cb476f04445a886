"""The signed head of the log: a checkpoint as C2SP's tlog-checkpoint writes it, so that other tools read it."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared.secrets import Keyring

ORIGIN = "lethe/evidence"
USE = "evidence"
ED25519 = b"\1"
MARK = "\N{EM DASH} "
KEY_HASH_BYTES = 4


@dataclass(frozen=True)
class Head:
    """So many entries, and the root of the tree over them."""

    size: int
    root: bytes

    @property
    def text(self) -> str:
        return f"{ORIGIN}\n{self.size}\n{_base64(self.root)}\n"


@dataclass(frozen=True)
class CheckpointSigner:
    """What privacy signs heads with; its keys follow from the service's keyring and turn with it."""

    key: Ed25519PrivateKey

    @classmethod
    def of(cls, keyring: Keyring) -> "CheckpointSigner":
        return cls(Ed25519PrivateKey.from_private_bytes(keyring.derive(USE)))

    def sign(self, head: Head) -> str:
        """The signed note: the head's text, an empty line, the signature."""
        signature = key_hash(self.key.public_key()) + self.key.sign(head.text.encode())
        return f"{head.text}\n{MARK}{ORIGIN} {_base64(signature)}\n"


class NotACheckpoint(ValueError):
    """What is wrong with a text that should be a signed head."""


def verifier_keys(keyring: Keyring) -> list[Ed25519PublicKey]:
    """The public halves of all keys that still count, newest first."""
    return [Ed25519PrivateKey.from_private_bytes(key).public_key() for _, key in keyring.keys(USE)]


def key_text(key: Ed25519PublicKey) -> str:
    """A public key as C2SP's signed notes write it: origin, hash, key."""
    return f"{ORIGIN}+{key_hash(key).hex()}+{_base64(ED25519 + key.public_bytes_raw())}"


def read_key(text: str) -> Ed25519PublicKey:
    """Read what `key_text` wrote. Raises ValueError."""
    origin, _, rest = text.strip().partition("+")
    key_id, _, encoded = rest.partition("+")
    raw = base64.b64decode(encoded, validate=True)
    if origin != ORIGIN or raw[:1] != ED25519:
        raise ValueError(f"a key of the log is written {ORIGIN}+<hash>+<key>")
    key = Ed25519PublicKey.from_public_bytes(raw[1:])
    if key_hash(key).hex() != key_id:
        raise ValueError("the key does not have the hash that stands before it")
    return key


def read(note: str, keys: Mapping[bytes, Ed25519PublicKey]) -> Head:
    """The head that one of the keys has signed; `keys` by their hashes. Raises NotACheckpoint."""
    text, _, signatures = note.partition("\n\n")
    lines = text.split("\n")
    if len(lines) != len(("origin", "size", "root")) or lines[0] != ORIGIN or not lines[1].isdecimal():
        raise NotACheckpoint("it is no checkpoint of this log")
    for line in signatures.splitlines():
        name, _, encoded = line.removeprefix(MARK).partition(" ")
        raw = _decoded(encoded)
        if name == ORIGIN and raw[:KEY_HASH_BYTES] in keys:
            _require_signature(keys[raw[:KEY_HASH_BYTES]], raw[KEY_HASH_BYTES:], f"{text}\n")
            return Head(int(lines[1]), _decoded(lines[2]))
    raise NotACheckpoint("none of the known keys has signed it: it is another system's, or its key is retired")


def _require_signature(key: Ed25519PublicKey, signature: bytes, text: str) -> None:
    try:
        key.verify(signature, text.encode())
    except InvalidSignature:
        raise NotACheckpoint("its signature does not fit its text") from None


def key_hash(key: Ed25519PublicKey) -> bytes:
    """By which a signature says whose it is (C2SP signed-note)."""
    return hashlib.sha256(f"{ORIGIN}\n".encode() + ED25519 + key.public_bytes_raw()).digest()[:KEY_HASH_BYTES]


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise NotACheckpoint("what should be Base64 is not") from None
