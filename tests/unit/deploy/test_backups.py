"""Backups as files: encrypted in pieces of which none can be moved, and over on the day that their name says."""

import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from deploy.backups import sealed
from services.privacy import backup_shelf

KEY, OTHER = "a key of twenty letters", "another key of twenty"
ABOUT = {"kind": "dump", "service": "sample"}


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> bytes:
    monkeypatch.setattr(sealed, "PIECE", 1000)
    return os.urandom(3500)


@pytest.fixture
def file(tmp_path: Path, plain: bytes) -> Path:
    backup = tmp_path / "sample.dump"
    sealed.seal(backup, KEY, ABOUT, [plain[:1700], plain[1700:3000], plain[3000:]])
    return backup


def opened(file: Path, key: str = KEY) -> bytes:
    return b"".join(sealed.opened(file, key))


def pieces(file: Path) -> tuple[bytes, list[bytes]]:
    """The head of a file, and its pieces with their lengths."""
    kind, about, rest = file.read_bytes().split(b"\n", 2)
    found = []
    while rest:
        length = 4 + int.from_bytes(rest[:4], "big")
        found.append(rest[:length])
        rest = rest[length:]
    return kind + b"\n" + about + b"\n", found


@pytest.mark.parametrize("size", [0, 1, 999, 1000, 1001, 2000, 3500])
def test_what_goes_in_comes_out(tmp_path: Path, plain: bytes, size: int) -> None:
    sealed.seal(tmp_path / "x", KEY, ABOUT, [plain[:size]])
    assert opened(tmp_path / "x") == plain[:size]


def test_nothing_plain_is_in_it_and_it_says_whose_it_is(file: Path, plain: bytes) -> None:
    written = file.read_bytes()
    assert not any(plain[at : at + 16] in written for at in range(0, len(plain) - 16, 16))
    assert KEY.encode() not in written
    assert sealed.about(file).items() >= ABOUT.items()
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda head, cut: head + b"".join(cut[:-1]), "cut off"),
        (lambda head, cut: head + b"".join(cut)[:-5], "cut off"),
        (lambda head, _: head, "cut off"),
        (lambda head, cut: head + cut[0] + cut[2] + cut[1] + cut[3], "damaged"),
        (lambda head, cut: head + b"".join(cut[1:]), "damaged"),
        (lambda head, cut: head + b"".join([*cut, cut[-1]]), "damaged"),
        (lambda head, cut: head + cut[0][:-1] + bytes([cut[0][-1] ^ 1]) + b"".join(cut[1:]), "damaged"),
        (lambda head, cut: head.replace(b'"sample"', b'"privacy"') + b"".join(cut), "damaged"),
        (lambda _, cut: b"something else\n" + b"".join(cut), "no backup of Lethe"),
        (lambda *_: b"", "no backup of Lethe"),
    ],
    ids=["last piece", "last bytes", "all", "moved", "first", "longer", "a bit", "head", "stranger", "empty"],
)
def test_what_is_not_whole_is_not_believed(
    file: Path, change: Callable[[bytes, list[bytes]], bytes], found: str
) -> None:
    file.write_bytes(change(*pieces(file)))
    with pytest.raises(sealed.Unreadable, match=found):
        opened(file)


def test_another_key_is_told_from_damage(file: Path) -> None:
    with pytest.raises(sealed.Unreadable, match="another key than LETHE_BACKUP_KEY"):
        opened(file, OTHER)


def test_a_backup_is_whole_or_not_there(tmp_path: Path) -> None:
    def breaks() -> object:
        yield b"half"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        sealed.seal(tmp_path / "x.dump", KEY, ABOUT, breaks())  # type: ignore[arg-type]
    assert not (tmp_path / "x.dump").exists()


def test_a_backup_is_there_on_its_last_day_and_gone_on_the_next(tmp_path: Path) -> None:
    made = datetime(2026, 11, 28, 12, 30, tzinfo=UTC)
    folder = backup_shelf.new_folder(tmp_path, made, 30)
    assert folder.name == "20261128T123000Z-until-20261228"
    folder.mkdir()
    (folder / "sample.dump").touch()
    (tmp_path / "notes").mkdir()
    (found,) = backup_shelf.shelved(tmp_path)
    assert (found.made_at, found.until) == (made, date(2026, 12, 28))
    assert backup_shelf.expire(tmp_path, date(2026, 12, 28)) == []
    assert folder.exists()
    assert backup_shelf.expire(tmp_path, date(2026, 12, 29)) == [found]
    assert [left.name for left in tmp_path.iterdir()] == ["notes"]
    assert backup_shelf.shelved(tmp_path / "nowhere") == []
