"""The file of the ledger: only added to, and on the disk before what it says can take effect.

It stands in a folder of its own, `LETHE_LEDGER`, which belongs to no database and to no backup of one.
"""

import errno
import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from services.privacy.ledger import lines
from services.privacy.ledger.decided import Decided
from services.privacy.ledger.lines import Line, Mark, NotTheLedger

NAME = "ledger.jsonl"
PAGE_BYTES = 128 * 1024


def append(folder: Path, mark: Mark, decided: Decided) -> Mark:
    """Add a line behind everything that is there and wait for the disk; where one is then.

    `mark` is the last line that counts. What stands behind it was written by transactions that came to nothing, and
    half a line by one that could not have committed: that half is cut off.
    Raises NotTheLedger, and OSError for a full disk.
    """
    with _locked(folder) as file:
        end = _end(file, mark)
        file.truncate(end.offset)
        file.seek(end.offset)
        line, after = lines.written(end, mark.number, datetime.now(UTC), decided)
        try:
            _write(file, line)
        except OSError:
            file.truncate(end.offset)
            raise
        return after


def begin(folder: Path, snapshot: Sequence[Decided]) -> Mark:
    """Make the file from what was decided before there was one, wholly or not at all."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    half, mark = folder / f"{NAME}.new", Mark()
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb", buffering=0) as file:
        for decided in snapshot:
            line, mark = lines.written(mark, mark.number, datetime.now(UTC), decided)
            _write(file, line)
    half.replace(folder / NAME)
    _sync_folder(folder)
    return mark


def _write(file: BinaryIO, line: bytes) -> None:
    """All of it, and on the disk. Raises OSError when it does not fit."""
    if file.write(line) != len(line):
        raise OSError(errno.ENOSPC, "the ledger's disk is full")
    os.fdatasync(file.fileno())


def _end(file: BinaryIO, mark: Mark) -> Mark:
    """The last whole line of the file, seen from one that is known."""
    if os.fstat(file.fileno()).st_size < mark.offset:
        raise NotTheLedger(f"it ends before line {mark.number}, which the database knows")
    _check_end(file, mark)
    for line in _lines(file, mark):
        mark = line.mark
    return mark


def read(folder: Path, after: Mark, until: Mark | None = None, most_bytes: int = PAGE_BYTES) -> tuple[list[Line], Mark]:
    """A page of lines that count, and where one is behind it; `until` leaves out what may not have been committed yet.

    Raises NotTheLedger when `after` is no place in this file, or a line behind it was changed.
    """
    found: list[Line] = []
    with _opened(folder) as file:
        size = os.fstat(file.fileno()).st_size
        if size < after.offset:
            raise NotTheLedger(f"it ends before line {after.number}")
        for line in _lines(file, after):
            if until and line.mark.number > until.number:
                break
            if found and found[-1].mark.offset - after.offset > most_bytes:
                return lines.effective([*found, line], ends=False), found[-1].mark
            found.append(line)
        if not found:
            _check_end(file, after)
    return lines.effective(found, ends=True), found[-1].mark if found else after


def every(folder: Path) -> Iterator[Line]:
    """Each whole line of the file, those that came to nothing too. Raises NotTheLedger where the chain breaks."""
    with _opened(folder) as file:
        yield from _lines(file, Mark())


def size(folder: Path) -> int:
    """How many bytes there are."""
    file = folder / NAME
    return file.stat().st_size if file.exists() else 0


def set_aside(folder: Path, at: datetime) -> str:
    """Keep a ledger that another one is to take the place of, under a second name; empty when there is none.

    It stays the ledger until the other one is whole.
    """
    if not (folder / NAME).exists():
        return ""
    name = f"ledger-until-{at:%Y%m%dT%H%M%SZ}.jsonl"
    os.link(folder / NAME, folder / name)
    _sync_folder(folder)
    return name


def _check_end(file: BinaryIO, mark: Mark) -> None:
    """What stands before a place must be what is known of it: nothing behind it need be there to tell."""
    file.seek(max(mark.offset - lines.TAIL - 1, 0))
    last = file.read(mark.offset - file.tell())
    if mark.offset and last[len(lines.SEAL) :][: lines.HEX].decode("ascii", "replace") != mark.hash:
        raise NotTheLedger(f"line {mark.number} was changed, or is not of this ledger")


def is_empty(folder: Path) -> bool:
    """Whether no ledger was begun here."""
    file = folder / NAME
    return not file.exists() or file.stat().st_size == 0


def _lines(file: BinaryIO, mark: Mark) -> Iterator[Line]:
    """The whole lines behind a place, each checked against the one before."""
    file.seek(mark.offset)
    for raw in file:
        if not raw.endswith(b"\n"):
            return
        line = lines.read(raw, mark)
        yield line
        mark = line.mark


@contextmanager
def _locked(folder: Path) -> Iterator[BinaryIO]:
    """The file for one writer at a time, of whichever process."""
    try:
        with (folder / NAME).open("r+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
    except FileNotFoundError:
        raise NotTheLedger("it is not there") from None


@contextmanager
def _opened(folder: Path) -> Iterator[BinaryIO]:
    try:
        with (folder / NAME).open("rb") as file:
            yield file
    except FileNotFoundError:
        raise NotTheLedger("it is not there") from None


def _sync_folder(folder: Path) -> None:
    """A new name in a folder is on the disk only when the folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
