"""One erasure as a picture: a lane for each service, an arrow for each message, a bar for each recorded span.

Plain SVG. It shows random ids, names of services and tables, and times; nothing of a person.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from textwrap import wrap
from xml.sax.saxutils import escape

from deploy.trace_file import Span
from shared.contracts.privacy import ErasureStory

PERSON, PRIVACY = "person", "privacy"
FIRST = (PERSON, "gateway", PRIVACY)
SHOWN_KINDS = frozenset((2, 4, 5))
"""OTLP's numbers of what a service was asked, tells, and reacts to; its own looks into tables are too many."""
MOST_SPANS = 150
NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

MARGIN = 16
TIME_WIDTH = 176
LANE_WIDTH = 112
LETTER_WIDTH = 7  # of the widest font that a machine may choose
WORDS_WIDTH = 74  # in letters
LINE = 16
TOP = 96
SHORTEST_ROW = 40
STYLE = """
text { font: 12px sans-serif; fill: #1f2328 }
.title { font-size: 16px; font-weight: bold }
.lane { font-weight: bold; text-anchor: middle }
.time { font-family: monospace; font-size: 11px }
.gap { font-size: 10px; fill: #57606a }
.life { stroke: #d0d7de }
.step { stroke: #0550ae; stroke-width: 2; fill: #0550ae }
.span { fill: #8250df }
.failed { fill: #cf222e; stroke: #cf222e }
.span-words { fill: #57606a }
"""


@dataclass(frozen=True)
class Row:
    """Something at one moment: a message from lane to lanes, or what one lane did for so long."""

    at: datetime
    by: str
    words: str
    to: tuple[str, ...] = ()
    seconds: float | None = None
    failed: bool = False
    gap: str = ""

    @property
    def lines(self) -> list[str]:
        return wrap(self.words, WORDS_WIDTH) or [""]

    @property
    def height(self) -> int:
        return max(SHORTEST_ROW, LINE * len(self.lines) + 12)


def picture(story: ErasureStory, spans: Sequence[Span]) -> str:
    """The SVG of one case."""
    shown = [span for span in spans if span.kind in SHOWN_KINDS or span.name == "smtp"]
    rows = _with_gaps([*_steps(story), *_spans(shown[:MOST_SPANS])])
    lanes = _lanes(rows)
    notes = [f"Now: {story.now}"]
    if len(shown) > MOST_SPANS:
        notes.append(f"{len(shown) - MOST_SPANS} later spans are left out.")
    return _drawn(f"Erasure case {story.case_id}", lanes, rows, [line for note in notes for line in wrap(note, 110)])


def _steps(story: ErasureStory) -> Iterator[Row]:
    for step in story.steps:
        # privacy asks itself, too, and has no arrow for it
        yield Row(step.at, step.by, step.sentence, tuple(name for name in step.to if name != step.by))


def _spans(spans: Iterable[Span]) -> Iterator[Row]:
    for span in spans:
        words = f"{span.name}, {_duration(span.seconds)}{', failed' if span.failed else ''}"
        yield Row(span.began, span.service, words, seconds=span.seconds, failed=span.failed)


def _with_gaps(rows: Iterable[Row]) -> list[Row]:
    """In order, each with the time since the one before."""
    ordered = sorted(rows, key=lambda row: row.at)
    gaps = [""] + [f"+ {_duration((b.at - a.at).total_seconds())}" for a, b in pairwise(ordered)]
    return [replace(row, gap=gap) for row, gap in zip(ordered, gaps, strict=True)]


def _lanes(rows: Sequence[Row]) -> list[str]:
    names = {name for row in rows for name in (row.by, *row.to)}
    return [*(name for name in FIRST if name in names), *sorted(names - set(FIRST))]


def _duration(seconds: float) -> str:
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:  # noqa: PLR2004 as people count
        return f"{seconds:.1f} s"
    whole = timedelta(seconds=round(seconds))
    hours, minutes, rest = whole.seconds // 3600, whole.seconds // 60 % 60, whole.seconds % 60
    parts = ((whole.days, "d"), (hours, "h"), (minutes, "min"), (rest, "s"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count)


def _drawn(title: str, lanes: Sequence[str], rows: Sequence[Row], notes: Sequence[str]) -> str:
    widths = [max(LANE_WIDTH, LETTER_WIDTH * len(lane) + 24) for lane in lanes]
    centers = {lane: MARGIN + TIME_WIDTH + sum(widths[:n]) + widths[n] // 2 for n, lane in enumerate(lanes)}
    words_at = MARGIN + TIME_WIDTH + sum(widths) + MARGIN
    end = TOP + sum(row.height for row in rows)
    width, height = words_at + LETTER_WIDTH * WORDS_WIDTH + MARGIN, end + LINE * len(notes) + 2 * MARGIN
    parts = [_text(MARGIN, 28, title, "title"), _text(MARGIN, 48, "Times are UTC.", "gap")]
    for lane, center in centers.items():
        parts.append(f'<line class="life" x1="{center}" y1="{TOP - 12}" x2="{center}" y2="{end}"/>')
        parts.append(_text(center, TOP - 20, lane, "lane"))
    top = TOP
    for row in rows:
        parts += _row(row, top, centers, words_at)
        top += row.height
    parts += [_text(MARGIN, end + MARGIN + LINE * (n + 1), note) for n, note in enumerate(notes)]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    body = "\n".join(parts)
    ground = f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
    return f'{head} role="img">\n<title>{escape(title)}</title>\n<style>{STYLE}</style>\n{ground}\n{body}\n</svg>'


def _row(row: Row, top: int, centers: dict[str, int], words_at: int) -> Iterator[str]:
    middle = top + SHORTEST_ROW // 2
    yield _text(MARGIN, middle, f"{row.at:%Y-%m-%d %H:%M:%S}.{row.at.microsecond // 1000:03}", "time")
    yield _text(MARGIN, middle + 14, row.gap, "gap")
    at, shade = centers[row.by], " failed" if row.failed else ""
    if row.seconds is None:
        yield f'<circle class="step" cx="{at}" cy="{middle}" r="4"/>'
        for name in row.to:
            yield _arrow(at, centers[name], middle)
    else:
        yield f'<rect class="span{shade}" x="{at - 6}" y="{middle - 6}" width="12" height="12" rx="2"/>'
    for n, line in enumerate(row.lines):
        yield _text(words_at, middle + 4 + LINE * n, line, "span-words" if row.seconds is not None else "")


def _arrow(start: int, end: int, y: int) -> str:
    back = 9 if end > start else -9
    head = f'<path class="step" d="M{end} {y} l{-back} -4 v8 z"/>'
    return f'<line class="step" x1="{start}" y1="{y}" x2="{end - back // 2}" y2="{y}"/>{head}'


def _text(x: int, y: int, words: str, kind: str = "") -> str:
    said = escape(NOT_IN_XML.sub("?", words))
    return f'<text x="{x}" y="{y}" class="{kind}">{said}</text>'
