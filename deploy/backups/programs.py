"""PostgreSQL's own programs: what they read and write is streamed, and no password is on their command line."""

import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit, urlunsplit

from deploy.local.postgres_cluster import binaries

CHUNK = 1 << 20


class ProgramFailed(Exception):
    """A program could not do its work; the message is its last line, without values."""


def at(admin_url: str, database: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(admin_url)._replace(path=f"/{database}"))


def output(program: str, url: str, options: Sequence[str]) -> Iterator[bytes]:
    """What a program writes. Raises ProgramFailed at its end, so what was written before counts for nothing then."""
    with tempfile.TemporaryFile() as words:
        with subprocess.Popen(  # noqa: S603
            _argv(program, url, options), stdout=subprocess.PIPE, stderr=words, env=_environment(url)
        ) as running:
            assert running.stdout is not None  # noqa: S101 asked for above
            while chunk := running.stdout.read(CHUNK):
                yield chunk
        _insist(program, running.returncode, words)


def feed(program: str, url: str, options: Sequence[str], chunks: Iterable[bytes]) -> None:
    """Have a program read the chunks. Raises ProgramFailed, and whatever the chunks raise, with the program ended."""
    with tempfile.TemporaryFile() as words:
        with subprocess.Popen(  # noqa: S603
            _argv(program, url, options), stdin=subprocess.PIPE, stdout=words, stderr=words, env=_environment(url)
        ) as running:
            assert running.stdin is not None  # noqa: S101 asked for above
            try:
                for chunk in chunks:
                    running.stdin.write(chunk)
                running.stdin.close()
            except BrokenPipeError:
                running.stdin = None  # it has ended, and says why
            except BaseException:
                running.kill()
                raise
        _insist(program, running.returncode, words)


def _argv(program: str, url: str, options: Sequence[str]) -> list[str]:
    place = urlsplit(url)
    name, _, host = place.netloc.rpartition("@")
    without = urlunsplit(place._replace(netloc=f"{name.partition(':')[0]}@{host}"))
    return [str(_found(program)), *options, f"--dbname={without}"]


def _environment(url: str) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C",
        "PGPASSWORD": unquote(urlsplit(url).password or ""),
    }


def _found(program: str) -> Path:
    file = binaries() / program
    if not file.exists():
        raise ProgramFailed(f"{program} is not installed: run ./lethe, which installs requirements.lock")
    return file


def _insist(program: str, code: int, words: IO[bytes]) -> None:
    if code:
        words.seek(0)
        said = words.read().decode(errors="replace").strip().splitlines()
        errors = [line for line in said if "error" in line.casefold()] or said
        raise ProgramFailed(f"{program} failed: {errors[0].partition(': ERROR')[0] if errors else code}")
