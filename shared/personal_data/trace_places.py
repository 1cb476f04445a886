"""Where else an erasure could have left something: in a participant's dead letters, in its log and those beside it."""

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from aio_pika.exceptions import AMQPError

from shared.contracts.trace_search import SearchTraces, TracesPage
from shared.messaging.dead_letters import MOST, QueueGone, letters
from shared.personal_data.spellings import Sought
from shared.personal_data.trace_search import Reached, Seen, reached
from shared.settings import Settings

DEAD_LETTERS: Final = "dead letters"
LOG: Final = "log"
AT_ONCE = 4_000_000
"""So many characters of a log are in memory."""


async def elsewhere(request: SearchTraces, settings: Settings, service: str) -> TracesPage | None:
    """A page from outside the tables; None while tables are left. Raises Refused (422) for a place that is none."""
    place = reached(request.after)
    if place.stage == DEAD_LETTERS:
        return await _in_dead_letters(Sought.of(request.cases), settings, service)
    if place.stage == LOG:
        return await asyncio.to_thread(_in_log, Sought.of(request.cases), settings.log_paths, place.table)
    return None


async def _in_dead_letters(sought: Sought, settings: Settings, service: str) -> TracesPage:
    seen = Seen()
    try:
        dead = await letters(settings.amqp_url.get_secret_value(), service)
    except (OSError, AMQPError, QueueGone):
        seen.unread.append(DEAD_LETTERS)
        dead = []
    if len(dead) >= MOST:
        seen.unread.append(f"{DEAD_LETTERS} beyond {MOST}")
    _note(seen, DEAD_LETTERS, sought, (f"{letter.body}\n{letter.reason}" for letter in dead))
    return seen.page(Reached(stage="log"))


def _in_log(sought: Sought, paths: Sequence[str], number: int) -> TracesPage:
    """One of the logs that this process is to search, each a page: the first is its own."""
    seen, path = Seen(), paths[number] if number < len(paths) else ""
    files = _files(path)
    if not files:  # it is kept elsewhere, and nobody here knows where
        seen.unread.append(_place(Path(path), number))
    for file in files:
        _in_file(seen, _place(file, number), sought, file)
    return seen.page(Reached(stage=LOG, table=number + 1) if number + 1 < len(paths) else None)


def _place(file: Path, number: int) -> str:
    return f"{LOG} {file.name}" if number else LOG


def _files(path: str) -> list[Path]:
    """The files of a path whose last part may be a pattern, of this life of a process and the one before."""
    where = Path(path)
    names = (where.name, f"{where.name}.1") if where.name else ()
    return [file for name in names for file in sorted(where.parent.glob(name)) if file.is_file()]


def _in_file(seen: Seen, place: str, sought: Sought, file: Path) -> None:
    """A file that may not be read is told, and holds up no other."""
    try:
        with file.open(encoding="utf-8", errors="replace") as lines:
            while some := lines.readlines(AT_ONCE):
                _note(seen, place, sought, some)
    except OSError:
        seen.unread.append(place)


def _note(seen: Seen, place: str, sought: Sought, texts: Iterable[str]) -> None:
    for text in texts:
        seen.read += 1
        lowered = text.lower()
        if sought.mentions(lowered):
            seen.hits[sought.cases_in(lowered), place, "found"] += 1
