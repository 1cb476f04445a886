"""Backups are encrypted while they are written, in pieces, so that no plain text ever is on the disk.

A file is a line that says what it is, a line of JSON about what is in it, and pieces of AES-256-GCM, each with its
length before it. A piece's nonce is its number and whether it is the last, so that none can be moved, left out or
cut off unnoticed; the first two lines are authenticated with the first piece.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KIND = b"lethe backup 1\n"
PIECE = 1 << 20
LENGTH, TAG = 4, 16
LONGEST_HEAD = 64 * 1024


class Unreadable(Exception):
    """The file is no backup, not whole, or of another key: the message is what to say after its name."""


def seal(file: Path, key: str, about: Mapping[str, Any], plain: Iterable[bytes]) -> None:
    """Write a file, wholly or not at all: it has its name once it is on the disk."""
    salt = os.urandom(16).hex()
    head = KIND + json.dumps({**about, "salt": salt, "key_id": key_id(key)}).encode() + b"\n"
    half = file.with_suffix(file.suffix + ".new")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(head)
        for piece in _sealed(AESGCM(_derived(key, salt, b"pieces")), head, plain):
            out.write(len(piece).to_bytes(LENGTH, "big") + piece)
        out.flush()
        os.fsync(out.fileno())
    half.replace(file)


def about(file: Path) -> dict[str, Any]:
    """What a file says of itself; not proved before it is opened. Raises Unreadable."""
    with file.open("rb") as opened:
        return _head(opened)[1]


def opened(file: Path, key: str) -> Iterator[bytes]:
    """What is in it, piece by piece. Raises Unreadable, perhaps only after the last piece: believe nothing before."""
    with file.open("rb") as sealed:
        head, said = _head(sealed)
        if said["key_id"] != key_id(key):
            raise Unreadable("was written with another key than LETHE_BACKUP_KEY: name that one")
        cipher, number, is_last = AESGCM(_derived(key, said["salt"], b"pieces")), 0, False
        while length := sealed.read(LENGTH):
            piece = sealed.read(min(int.from_bytes(length, "big"), PIECE + TAG))
            is_last = _is_at_end(sealed)
            yield _piece(cipher, piece, number, head, is_last=is_last)
            number += 1
        if not is_last:
            raise Unreadable("is cut off: take another backup")


def key_id(key: str) -> str:
    """By which a key is told from others; tells nothing about it."""
    return _derived(key, "", b"id")[:4].hex()


def _sealed(cipher: AESGCM, head: bytes, plain: Iterable[bytes]) -> Iterator[bytes]:
    """Each piece once the next one has come: the last one says so."""
    number, waiting = 0, b""
    for chunk in plain:
        waiting += chunk
        while len(waiting) > PIECE:
            yield cipher.encrypt(_nonce(number, is_last=False), waiting[:PIECE], _bound(head, number))
            number, waiting = number + 1, waiting[PIECE:]
    yield cipher.encrypt(_nonce(number, is_last=True), waiting, _bound(head, number))


def _piece(cipher: AESGCM, piece: bytes, number: int, head: bytes, *, is_last: bool) -> bytes:
    try:
        return cipher.decrypt(_nonce(number, is_last=is_last), piece, _bound(head, number))
    except (InvalidTag, ValueError):
        what = "is cut off or damaged" if is_last else "is damaged"
        raise Unreadable(f"{what}: take another backup") from None


def _head(file: BinaryIO) -> tuple[bytes, dict[str, Any]]:
    kind, line = file.readline(LONGEST_HEAD), file.readline(LONGEST_HEAD)
    try:
        said: dict[str, Any] = json.loads(line)
    except ValueError:
        said = {}
    if kind != KIND or not {"salt", "key_id", "kind"} <= said.keys():
        raise Unreadable("is no backup of Lethe: name one of `./lethe backup list`")
    return kind + line, said


def _is_at_end(file: BinaryIO) -> bool:
    place = file.tell()
    end = not file.read(1)
    file.seek(place)
    return end


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])


def _bound(head: bytes, number: int) -> bytes | None:
    return sha256(head).digest() if number == 0 else None


def _derived(key: str, salt: str, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt.encode(), b"lethe backup " + purpose).derive(key.encode())
