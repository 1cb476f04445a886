"""What changed between two editions, for people to read: by heading, what went and what came."""

from collections.abc import Iterator
from difflib import SequenceMatcher

from services.privacy.documents.notice.model import Edition
from services.privacy.documents.notice.pages import render


def difference(before: Edition, after: Edition) -> str:
    """The changed lines under their headings; empty when nothing changed."""
    old, new = _lines(before), _lines(after)
    shown: list[str] = []
    heading = ""
    for under, sign, line in _changes(old, new):
        if under != heading:
            heading = under
            shown += ["", heading]
        shown.append(f"{sign} {line}")
    return "\n".join(shown).strip() + "\n" if shown else ""


def _lines(edition: Edition) -> list[tuple[str, str]]:
    """Every line with the heading it stands under; number and date of the edition are no change."""
    found, heading = [], ""
    for line in render(edition.model_copy(update={"version": None}), "markdown").splitlines():
        if line.startswith("#"):
            heading = line
        if line.strip():
            found.append((heading, line))
    return found


def _changes(old: list[tuple[str, str]], new: list[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        yield from ((heading, "-", line) for heading, line in old[a:b])
        yield from ((heading, "+", line) for heading, line in new[c:d])
