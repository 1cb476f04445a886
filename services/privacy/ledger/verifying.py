"""Whether the ledger is whole, and whether anybody knows more than it says: its file is read from the first line on.

What was cut off at its end together with an older database would pass unnoticed, but the databases of other services
remember: their place in the ledger, whom they have erased, and which rulings and holds they know.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Literal
from uuid import UUID

from services.privacy.ledger import file
from services.privacy.ledger.decided import Decided, people_of
from services.privacy.ledger.lines import Line, Mark, NotTheLedger
from shared.law.calendar import WARSAW

Standing = Literal["whole", "behind", "short", "broken"]
"""`behind`: the database takes over what it lacks at the next start. `short`: somebody knows more than the ledger."""


@dataclass
class Walked:
    """What the file says, up to its end or to the first line that is wrong."""

    end: Mark = field(default_factory=Mark)
    counted: int = 0
    """Of its lines those whose transaction was committed, as far as anybody knows."""
    first: datetime | None = None
    last: datetime | None = None
    flaw: str = ""
    half_a_line: bool = False
    erased: set[UUID] = field(default_factory=set)
    ruled: int = 0
    held: int = 0
    """The highest versions of rulings and holds."""
    behind: list[Decided] = field(default_factory=list)
    """What stands behind the database's place and counts."""
    places: dict[int, str] = field(default_factory=dict)
    """The hashes of those lines that were asked for."""


@dataclass(frozen=True)
class Witness:
    """What the database of a service knows: its place in the ledger, whom it has erased, the highest versions."""

    service: str
    reached: Mark
    reached_at: datetime | None
    erased: frozenset[UUID]
    ruling: int
    hold: int


@dataclass(frozen=True)
class Verdict:
    """How the ledger stands, and why: one sentence for each thing that is wrong."""

    standing: Standing
    flaws: Sequence[str]


def walk(folder: Path, database: Mark, known: Sequence[Mark] = ()) -> Walked:
    """Read all of it. `database` is the place of privacy's database, `known` are others to look up."""
    walked = Walked()
    wanted = {mark.number for mark in (database, *known)}
    try:
        for line, counts in _with_next(file.every(folder)):
            _note(walked, line, database, wanted, counts=counts)
    except NotTheLedger as error:
        walked.flaw = str(error)
    else:
        walked.half_a_line = file.size(folder) > walked.end.offset
    return walked


def _with_next(lines: Iterator[Line]) -> Iterator[tuple[Line, bool]]:
    """Each line, and whether it counts: the next one follows it, or it is the last."""
    line = next(lines, None)
    while line is not None:
        try:
            following = next(lines, None)
        except NotTheLedger:
            yield line, True
            raise
        yield line, following is None or following.follows == line.mark.number
        line = following


def _note(walked: Walked, line: Line, database: Mark, wanted: set[int], *, counts: bool) -> None:
    walked.end, walked.last = line.mark, line.at
    walked.first = walked.first or line.at
    if line.mark.number in wanted:
        walked.places[line.mark.number] = line.mark.hash
    if not counts:
        return
    walked.counted += 1
    walked.erased.update(people_of([line.decided]))
    walked.ruled = max([walked.ruled, *(ruling.version for ruling in line.decided.rulings)])
    walked.held = max([walked.held, *(hold.version for hold in line.decided.holds)])
    if line.mark.number > database.number:
        walked.behind.append(line.decided)


def judge(
    walked: Walked, database: Mark, witnesses: Sequence[Witness], *, afterwards: Mark, kept: Mark | None = None
) -> Verdict:
    """How it stands. Several things may be wrong: the worst of them names it.

    Databases are asked before the file is read, which a running privacy adds to, and privacy's place once more
    `afterwards`: so it is not behind by what was decided meanwhile.
    """
    broken = [walked.flaw] if walked.flaw else _strangers(walked, database, kept)
    short = [*_beyond(walked, database, kept), *(flaw for each in witnesses for flaw in _known_by(each, walked))]
    if broken:
        return Verdict("broken", [*broken, *short])
    if short:
        return Verdict("short", short)
    if afterwards.number < walked.end.number:
        return Verdict("behind", [f"the database has come to line {afterwards.number}: privacy takes over the rest"])
    return Verdict("whole", [])


def _strangers(walked: Walked, database: Mark, kept: Mark | None) -> list[str]:
    """Lines that are there and are not what is known of them."""
    whose = [(database, "the database"), (kept, "the line that was kept")]
    return [
        f"line {mark.number} is not the one that {who} tells of: it was changed, or this is another ledger"
        for mark, who in whose
        if mark and walked.places.get(mark.number, mark.hash) != mark.hash
    ]


def _beyond(walked: Walked, database: Mark, kept: Mark | None) -> list[str]:
    end = walked.end.number
    flaws = [f"it ends with line {end}, and the database knows line {database.number}"] if database.number > end else []
    return flaws + ([f"it ends with line {end}, and line {kept.number} was kept"] if kept and kept.number > end else [])


def _known_by(witness: Witness, walked: Walked) -> Iterator[str]:
    """What a service knows beyond the ledger. Its place in an earlier one says nothing: it starts over in this one."""
    is_of_this = witness.reached_at and walked.first and witness.reached_at > walked.first
    if witness.reached.number > walked.end.number and is_of_this:
        yield f"it ends with line {walked.end.number}, and {witness.service} knows line {witness.reached.number}"
    if unnamed := witness.erased - walked.erased:
        yield f"{witness.service} has erased people of whom it says nothing: {len(unnamed)}"
    if witness.ruling > walked.ruled:
        yield f"{witness.service} knows ruling {witness.ruling}, and its last one is {walked.ruled}"
    if witness.hold > walked.held:
        yield f"{witness.service} knows hold {witness.hold}, and its last one is {walked.held}"


def salvaged(walked: Walked, database: Mark) -> list[Decided]:
    """What can be read behind the database's place, if it is a place in this ledger."""
    is_known = not database.number or walked.places.get(database.number) == database.hash
    return walked.behind if is_known else []


def day(at: datetime | None) -> date | None:
    """The vendor's day."""
    return at.astimezone(WARSAW).date() if at else None
