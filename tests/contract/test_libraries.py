"""How the libraries may be used at all: in one place, for one thing, in the versions that were tried."""

import re
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]


@pytest.mark.parametrize("folder", ["shared", "services"])
def test_nothing_is_published_or_asked_through_faststream(folder: str) -> None:
    """Its publishing is transient and silent, its request is one at a time and closes channels when cancelled."""
    forbidden = re.compile(r"broker\.(publish|request|publisher|publish_batch)\(|@\w+\.publisher\(|RpcPublisher")
    offenders = [
        str(file.relative_to(PROJECT))
        for file in sorted((PROJECT / folder).rglob("*.py"))
        if forbidden.search(file.read_text())
    ]
    assert offenders == []


def test_faststream_is_known_to_one_module_of_the_kit() -> None:
    users = {
        file.relative_to(PROJECT).as_posix()
        for folder in ("shared", "services")
        for file in (PROJECT / folder).rglob("*.py")
        if re.search(r"^\s*(from|import) faststream", file.read_text(), re.MULTILINE)
    }
    assert users <= {"shared/messaging/broker.py"}


def test_versions_are_exact() -> None:
    """What is relied on was seen on these versions."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    every = [*project["dependencies"], *(d for group in project["optional-dependencies"].values() for d in group)]
    assert [dependency for dependency in every if "==" not in dependency] == []
