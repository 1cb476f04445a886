"""What a line of the ledger says, and how lines are chained: pure.

    {"number":7,"follows":6,"at":"2026-11-28T03:10:00+00:00","orders":[...],"hash":"5f2c..."}

`hash` is the SHA-256 of the hash before it and of everything else in the line, byte by byte. `follows` is the last line
whose transaction had committed when this one was written: a line that the next one does not follow came to nothing. Of
the last one nobody knows, and it counts: what it says was decided, and saying it again changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from services.privacy.ledger.decided import Decided

SEAL = b',"hash":"'
HEX = 64
TAIL = len(SEAL) + HEX + len(b'"}')


@dataclass(frozen=True)
class Mark:
    """How far something is: the last line that counts, its hash, and where in the file the next one begins."""

    number: int = 0
    offset: int = 0
    hash: str = ""

    @classmethod
    def of(cls, text: str) -> "Mark":
        """Read what `str` wrote; nothing was reached when nothing is written."""
        if not text:
            return cls()
        number, offset, digest = text.split(" ")
        return cls(int(number), int(offset), digest)

    def __str__(self) -> str:
        return f"{self.number} {self.offset} {self.hash}"


@dataclass(frozen=True)
class Line:
    """One line, whose place in the chain was checked, and where one is behind it."""

    follows: int
    at: datetime
    decided: Decided
    mark: Mark


class Said(Decided):
    """All of a line but its hash."""

    follows: int
    at: datetime


class NotTheLedger(Exception):
    """The file is not, or not wholly, what was written: the message says which line, and no more."""


def written(end: Mark, follows: int, at: datetime, decided: Decided) -> tuple[bytes, Mark]:
    """A line behind the last one as it stands in the file, and where one is behind it."""
    number = end.number + 1
    head = f'{{"number":{number},"follows":{follows},"at":"{at.isoformat()}",'
    body = head.encode() + decided.model_dump_json(exclude_defaults=True).encode()[1:]
    digest = _digest(end.hash, body)
    line = body[:-1] + SEAL + digest.encode() + b'"}\n'
    return line, Mark(number, end.offset + len(line), digest)


def read(line: bytes, before: Mark) -> Line:
    """The line that comes behind a place. Raises NotTheLedger."""
    number, whole = before.number + 1, line.removesuffix(b"\n")
    body, digest = whole[:-TAIL] + b"}", whole[-TAIL + len(SEAL) : -2].decode("ascii", "replace")
    if whole[-TAIL:][: len(SEAL)] != SEAL or digest != _digest(before.hash, body):
        raise NotTheLedger(f"line {number} was changed, or is not of this ledger")
    said = Said.model_validate_json(body)
    return Line(said.follows, said.at, said, Mark(number, before.offset + len(line), digest))


def _digest(before: str, body: bytes) -> str:
    return sha256(before.encode() + body).hexdigest()


def effective(lines: Sequence[Line], *, ends: bool) -> list[Line]:
    """Those that count; without `ends` the last one is only there to tell of the one before it."""
    following = [line.follows for line in lines[1:]]
    kept = [line for line, follows in zip(lines, following, strict=False) if follows == line.mark.number]
    return kept + list(lines[-1:]) if ends else kept
