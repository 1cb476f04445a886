"""`--help` teaches: every command has one, in plain text."""

import pytest
from click.testing import CliRunner
from typer.core import TyperGroup

from deploy.commands import COMMANDS, load


def places() -> list[tuple[str, ...]]:
    """Every command and subcommand."""
    every: list[tuple[str, ...]] = []
    for name in COMMANDS:
        command = load(name)
        every.append((name,))
        if isinstance(command, TyperGroup):
            every += [(name, sub) for sub in command.commands]
    return every


@pytest.mark.parametrize("words", places(), ids=" ".join)
def test_help_is_whole_and_plain(words: tuple[str, ...]) -> None:
    said = CliRunner().invoke(load(words[0]), [*words[1:], "--help"]).output
    assert "Usage:" in said
    assert "\\" not in said
    for line in said.splitlines():
        assert len(line) <= 80
