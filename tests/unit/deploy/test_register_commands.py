"""`./lethe register` and `./lethe notice` without a running system, and the check before a start."""

import csv
import io
import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.commands import app, register
from deploy.local.folders import StartError
from deploy.register import documents
from deploy.register.services import found_holes, require_known_recipients

run = CliRunner().invoke


@pytest.fixture(autouse=True)
def stopped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A state folder in which nothing runs."""
    monkeypatch.setattr(documents, "STATE", tmp_path)


@pytest.fixture(autouse=True)
def reviewed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day on which no review of the delivered register is due."""
    monkeypatch.setattr(register, "today", lambda: date(2027, 11, 1))


def test_the_register_is_complete() -> None:
    result = run(app, ["register", "check"])
    assert (result.exit_code, result.stdout.split(":")[0]) == (0, "the register is complete")
    assert json.loads(run(app, ["register", "check", "--json"]).stdout) == {"complete": True, "holes": []}


def test_a_review_that_is_overdue_is_a_hole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register, "today", lambda: date(2027, 11, 2))
    result = run(app, ["register", "check", "--json"])
    assert result.exit_code == 1
    assert "screenings.toml: P21: was to be reviewed on 2027-11-01" in json.loads(result.stdout)["holes"]


def test_holes_are_listed_and_exit_with_1() -> None:
    environment = {"LETHE_LICENSING_PAYMENT_PROVIDER": "Nowa Firma S.A."}
    table = run(app, ["register", "check"], env=environment)
    assert table.exit_code == 1
    assert "Nowa Firma S.A." in table.stdout
    as_json = run(app, ["register", "check", "--json"], env=environment)
    assert as_json.exit_code == 1
    assert json.loads(as_json.stdout)["holes"] == [
        "licensing gives data to Nowa Firma S.A., who is not in recipients.toml"
    ]


@pytest.mark.parametrize(("shape", "start"), [("html", "<!doctype html>"), ("markdown", "# Informacja"), ("json", "{")])
def test_the_notice_is_printed(shape: str, start: str) -> None:
    result = run(app, ["notice", "--lang", "pl", "--format", shape])
    assert result.exit_code == 0
    assert result.stdout.startswith(start)


def test_the_record_is_printed() -> None:
    result = run(app, ["register", "record", "--format", "csv"])
    assert {line["record"] for line in csv.DictReader(io.StringIO(result.stdout))} == {"Art. 30(1)", "Art. 30(2)"}
    assert run(app, ["register", "record"]).stdout.startswith("<!doctype html>")


@pytest.mark.parametrize("command", [["notice", "--diff", "1"], ["register", "record", "--version", "1"]])
def test_earlier_versions_need_the_running_system(command: list[str]) -> None:
    result = run(app, command)
    assert result.exit_code == 1
    assert result.stderr.startswith("lethe: Lethe is not running")


@pytest.mark.parametrize(
    "command", [["notice", "--lang", "de"], ["notice", "--format", "pdf"], ["notice", "--diff", "x"]]
)
def test_a_wrong_choice_is_refused(command: list[str]) -> None:
    assert run(app, command).exit_code == 2


def test_example_24_a_connector_without_an_entry_fails_at_start_up() -> None:
    require_known_recipients({})
    with pytest.raises(StartError, match=r"licensing gives data to Nowa Firma S\.A\., who is not in recipients\.toml"):
        require_known_recipients({"LETHE_LICENSING_PAYMENT_PROVIDER": "Nowa Firma S.A."})
    assert found_holes({"LETHE_MAIL_PROVIDER": "Inna Poczta"}) == [
        "privacy gives data to Inna Poczta, who is not in recipients.toml",
        "identity gives data to Inna Poczta, who is not in recipients.toml",
        "marketing gives data to Inna Poczta, who is not in recipients.toml",
    ]
