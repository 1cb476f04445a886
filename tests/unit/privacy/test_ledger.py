"""The file of the ledger: what is added, what counts of it, and what is noticed when somebody else wrote in it."""

import os
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from services.privacy.ledger import file
from services.privacy.ledger.decided import Decided
from services.privacy.ledger.lines import Mark, NotTheLedger
from shared.contracts.privacy import KnownPermission


def ruling(person: UUID | None = None) -> Decided:
    permission = KnownPermission(subject_id=person or uuid4(), purpose="*", allowed=False, version=7)
    return Decided(rulings=(permission,))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "ledger"


@pytest.fixture
def marks(folder: Path) -> list[Mark]:
    """Four lines that count, and where one is behind each."""
    found = [file.begin(folder, [Decided(begun=uuid4())])]
    for _ in range(3):
        found.append(file.append(folder, found[-1], ruling()))
    return found


def test_what_was_added_is_read_in_pages(folder: Path, marks: list[Mark]) -> None:
    everything, end = file.read(folder, Mark())
    assert [line.mark for line in everything] == marks
    assert end == marks[-1]
    page, after = file.read(folder, marks[0], most_bytes=1)
    assert ([line.mark for line in page], after) == (marks[1:2], marks[1])
    known, after = file.read(folder, marks[0], until=marks[2])
    assert ([line.mark for line in known], after) == (marks[1:3], marks[2])
    assert file.read(folder, marks[-1]) == ([], marks[-1])
    assert Mark.of(str(marks[2])) == marks[2]


def test_only_its_owner_may_read_it(folder: Path, marks: list[Mark]) -> None:
    assert (folder.stat().st_mode & 0o777, (folder / file.NAME).stat().st_mode & 0o777) == (0o700, 0o600)


def test_a_line_whose_transaction_came_to_nothing_does_not_count(folder: Path, marks: list[Mark]) -> None:
    lost = uuid4()
    file.append(folder, marks[-1], ruling(lost))
    assert file.read(folder, marks[-1])[0], "nobody knows of the last one, so it counts"
    after = file.append(folder, marks[-1], ruling())
    assert after.number == marks[-1].number + 2
    counts, end = file.read(folder, marks[-1])
    assert [line.mark for line in counts] == [after]
    assert end == after
    assert str(lost) in (folder / file.NAME).read_text(), "nothing is taken away from the file"


def test_half_a_line_is_cut_off(folder: Path, marks: list[Mark]) -> None:
    with (folder / file.NAME).open("ab") as ledger:
        ledger.write(b'{"number":5,"follows":4,"at":"2026-')
    assert file.read(folder, marks[-1]) == ([], marks[-1])
    after = file.append(folder, marks[-1], ruling())
    assert [line.mark for line in file.read(folder, Mark())[0]] == [*marks, after]


def test_what_does_not_fit_on_the_disk_leaves_nothing(
    folder: Path, marks: list[Mark], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    before = (folder / file.NAME).read_bytes()
    with monkeypatch.context() as disk:
        disk.setattr(os, "fdatasync", full)
        with pytest.raises(OSError, match="No space"):
            file.append(folder, marks[-1], ruling())
    assert (folder / file.NAME).read_bytes() == before


EDITED = "line 3 was changed, or is not of this ledger"


@pytest.mark.parametrize(
    ("tamper", "found"),
    [
        (lambda lines: [*lines[:2], lines[2].replace(b"false", b"true "), lines[3]], EDITED),
        (lambda lines: [lines[0], lines[1], lines[3]], EDITED),
        (lambda lines: [lines[0], lines[1], lines[3], lines[2]], EDITED),
        (lambda lines: [lines[0], lines[1], lines[1], *lines[2:]], EDITED),
        (lambda lines: lines[:3], "it ends before line 4"),
        (lambda _: [], "it ends before line 4"),
    ],
    ids=["edited", "cut in the middle", "reordered", "twice", "cut off", "emptied"],
)
def test_what_was_tampered_with_is_named(
    folder: Path, marks: list[Mark], tamper: Callable[[list[bytes]], list[bytes]], found: str
) -> None:
    ledger = folder / file.NAME
    ledger.write_bytes(b"".join(tamper(ledger.read_bytes().splitlines(keepends=True))))

    def look() -> None:
        file.read(folder, Mark())
        file.read(folder, marks[-1])

    with pytest.raises(NotTheLedger, match=found):
        look()


def test_another_systems_ledger_is_not_taken_for_it(folder: Path, marks: list[Mark], tmp_path: Path) -> None:
    other = tmp_path / "other"
    mark = file.begin(other, [Decided(begun=uuid4())])
    for _ in range(4):
        mark = file.append(other, mark, ruling())
    for place in marks[1:]:
        with pytest.raises(NotTheLedger):
            file.read(other, place)
    with pytest.raises(NotTheLedger, match="not there"):
        file.read(tmp_path / "nowhere", marks[-1])


def test_the_end_of_another_ledger_of_the_same_length_is_noticed(folder: Path, marks: list[Mark]) -> None:
    stranger = Mark(marks[-1].number, marks[-1].offset, "0" * 64)
    with pytest.raises(NotTheLedger, match="line 4"):
        file.read(folder, stranger)
    with pytest.raises(NotTheLedger, match="line 4"):
        file.append(folder, stranger, ruling())


def test_a_database_that_knows_more_than_the_file_is_not_written_for(folder: Path, marks: list[Mark]) -> None:
    ahead = Mark(marks[-1].number + 1, marks[-1].offset + 200, "0" * 64)
    before = (folder / file.NAME).read_bytes()
    with pytest.raises(NotTheLedger, match="ends before line 5"):
        file.append(folder, ahead, ruling())
    assert (folder / file.NAME).read_bytes() == before
