"""Where else an erasure could have left something: in a participant's dead letters, and in its log."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from aio_pika.exceptions import AMQPError

from shared.contracts.trace_search import SearchTraces, TracesPage
from shared.messaging.dead_letters import MOST, QueueGone, letters
from shared.personal_data.spellings import Sought
from shared.personal_data.trace_search import Reached, Seen, reached
from shared.settings import Settings

DEAD_LETTERS, LOG = "dead letters", "log"
AT_ONCE = 4_000_000
"""So many characters of a log are in memory."""


async def elsewhere(request: SearchTraces, settings: Settings, service: str) -> TracesPage | None:
    """A page from outside the tables; None while tables are left. Raises Refused (422) for a place that is none."""
    stage = reached(request.after).stage
    if stage == DEAD_LETTERS:
        return await _in_dead_letters(Sought.of(request.cases), settings, service)
    if stage == LOG:
        return await asyncio.to_thread(_in_log, Sought.of(request.cases), settings.log_path)
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


def _in_log(sought: Sought, path: str) -> TracesPage:
    """The file that this process's output goes to, and the one before; elsewhere than here nobody knows it."""
    seen = Seen()
    files = [file for file in (Path(path), Path(f"{path}.1")) if path and file.is_file()]  # two lives of the process
    if not files:
        seen.unread.append(LOG)
    for file in files:
        with file.open(encoding="utf-8", errors="replace") as lines:
            while some := lines.readlines(AT_ONCE):
                _note(seen, LOG, sought, some)
    return seen.page(None)


def _note(seen: Seen, place: str, sought: Sought, texts: Iterable[str]) -> None:
    for text in texts:
        seen.read += 1
        lowered = text.lower()
        if sought.mentions(lowered):
            seen.traces.update((case_id, place, "found") for case_id in sought.cases_in(lowered))
