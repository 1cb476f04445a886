"""`./lethe test` leaves no test out, and runs none twice."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from deploy.commands import load
from deploy.commands import test as kinds

TESTS = Path(__file__).parents[2]
FOLDERS = {kind.name for kind in (*kinds.KINDS, kinds.DEEP)}


def _kinds_of(file: Path) -> list[str]:
    """The kinds in whose folder the file lies."""
    above = {str(folder.relative_to(TESTS)) for folder in file.parents if folder.is_relative_to(TESTS)}
    return sorted(above & FOLDERS)


def test_every_file_belongs_to_one_kind() -> None:
    files = sorted(TESTS.rglob("test_*.py"))
    assert Path(__file__) in files
    assert [file for file in files if len(_kinds_of(file)) != 1] == []


@pytest.mark.parametrize("name", ["kit", "integration/nobody", "integration/", "", "unit/deploy"])
def test_an_unknown_kind_is_named_beside_those_there_are(name: str) -> None:
    done = CliRunner().invoke(load("test"), [name])
    assert done.exit_code == kinds.WRONG_USE
    assert "no such kind" in done.stderr
    assert "integration/kit" in done.stderr
