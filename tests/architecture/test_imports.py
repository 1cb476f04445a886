"""Who may import whom: the contracts of import-linter in pyproject.toml, each seen to fail."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.folders import PROJECT

PACKAGES = ("shared", "services", "deploy", "tests")
BROKEN = 1

# A sentence of pyproject.toml, and an import that breaks it: what it is put into, and what it says.
PLANTED = {
    "A service imports nothing of another service": (
        "services/marketing/interests.py",
        "from services.identity.settings import IdentitySettings",
    ),
    "A service imports nothing but shared": ("services/identity/persons.py", "import deploy.passwords"),
    "Shared imports no service and nothing that deploys or tests it": ("shared/clock.py", "import services.gateway"),
    "What deploys does not import tests": ("deploy/passwords.py", "from tests import gateway"),
    "The published language, the law and the purposes import no other part of shared": (
        "shared/contracts/message.py",
        "from shared.observability import log",
    ),
    "No circle anywhere": ("services/marketing/settings.py", "from services.marketing import app"),
}


def lint(folder: Path) -> tuple[int, list[str]]:
    """Run import-linter there; answers its exit code and the sentences that are broken."""
    program = Path(sys.executable).with_name("lint-imports")
    environment = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1"}
    done = subprocess.run(
        [program, "--no-cache", "--no-logo"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    broken = re.findall(r"^(.+) BROKEN\b", done.stdout, re.MULTILINE)
    assert "Analyzed" in done.stdout, done.stdout + done.stderr
    return done.returncode, broken


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project in a folder where it may be spoilt."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copy(PROJECT / "pyproject.toml", folder)
    for package in PACKAGES:
        shutil.copytree(PROJECT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def test_nobody_imports_what_is_not_theirs() -> None:
    assert lint(PROJECT) == (0, [])


@pytest.mark.parametrize("sentence", PLANTED)
def test_a_planted_import_is_found(copy: Path, sentence: str) -> None:
    place, statement = PLANTED[sentence]
    spoilt = copy / place
    before = spoilt.read_text()
    spoilt.write_text(f"{before}\n{statement}\n")
    try:
        code, broken = lint(copy)
    finally:
        spoilt.write_text(before)
    assert code == BROKEN
    assert sentence in broken


def test_a_new_part_of_shared_must_take_its_place(copy: Path) -> None:
    new = copy / "shared" / "novelty.py"
    new.write_text('"""New."""\n')
    try:
        code, broken = lint(copy)
    finally:
        new.unlink()
    assert (code, broken) == (
        BROKEN,
        ["The published language, the law and the purposes import no other part of shared"],
    )


def test_every_sentence_is_planted_against() -> None:
    named = {line.split('"')[1] for line in (PROJECT / "pyproject.toml").read_text().splitlines() if "name = " in line}
    assert named - {"lethe"} == set(PLANTED)
