"""Unpacking the physical copy of a server: into a folder beside, which gets its name once everything is proved."""

import io
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

from deploy.backups import sealed
from deploy.backups.restoring import CannotRestore


class _Stream(io.RawIOBase):
    """Pieces as something to read from."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._rest = piece
        taken, self._rest = (self._rest, b"") if size < 0 else (self._rest[:size], self._rest[size:])
        return taken


def unpack(file: Path, folder: Path, key: str) -> None:
    """Make a data folder of a copy. Raises CannotRestore; then the folder is not there."""
    if folder.exists():
        raise CannotRestore(f"{folder} is there already: name a folder that is not")
    half = folder.with_name(f"{folder.name}.restoring")
    shutil.rmtree(half, ignore_errors=True)
    try:
        if sealed.about(file)["kind"] != "copy":
            raise CannotRestore(f"{file} is no copy of a server: name one that was made with --physical")
        half.mkdir(mode=0o700, parents=True)
        pieces = sealed.opened(file, key)
        with tarfile.open(fileobj=_Stream(pieces), mode="r|") as tar:
            tar.extractall(half, filter="data")
        for _ in pieces:  # what stands behind the end of the archive is proved, too
            pass
        half.chmod(0o700)
        half.replace(folder)
    except (sealed.Unreadable, OSError, tarfile.TarError) as error:
        raise CannotRestore(f"{file} {error}") from None
    finally:
        shutil.rmtree(half, ignore_errors=True)
