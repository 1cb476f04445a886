"""The Grafana dashboards: whole documents that ask for what the processes tell, by labels that they have."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deploy.commands import app
from deploy.grafana.dashboards import DASHBOARDS
from tests.unit.deploy.test_alerts import OF_RABBITMQ, told

OF_PYTHON = {"process_resident_memory_bytes": set[str](), "process_cpu_seconds_total": set[str]()}
OF_PROMETHEUS = {"le", "instance"}
DOCUMENTS: list[dict[str, Any]] = [dashboard.document() for dashboard in DASHBOARDS]
TARGETS = [
    pytest.param(target["expr"], target["legendFormat"], id=f"{panel['title']}: {target['legendFormat']}")
    for document in DOCUMENTS
    for panel in document["panels"]
    for target in panel["targets"]
]


def metrics_of(expression: str) -> set[str]:
    return {name.removesuffix("_bucket") for name in re.findall(r"\b(?:lethe|process|rabbitmq)_[a-z_]+", expression)}


@pytest.mark.parametrize(("expression", "legend"), TARGETS)
def test_an_expression_asks_for_what_is_told(expression: str, legend: str) -> None:
    known = told() | OF_PYTHON | OF_RABBITMQ
    names = metrics_of(expression)
    assert names
    assert names <= set(known)
    labels = OF_PROMETHEUS.union(*(known[name] for name in names))
    grouped = [part.split(",") for part in re.findall(r"by \(([^)]*)\)", expression)]
    by = {label.strip() for part in grouped for label in part}
    assert by <= labels
    assert set(re.findall(r"[{,]\s*(\w+)(?:=|!)", expression)) <= labels
    assert set(re.findall(r"\{\{(\w+)\}\}", legend)) <= (by or labels)
    assert expression.count("(") == expression.count(")")


def test_everything_documented_is_shown() -> None:
    """But what is asked for once in a lifetime."""
    shown = set().union(*(metrics_of(parameter.values[0]) for parameter in TARGETS))  # type: ignore[arg-type]
    assert (set(told()) | set(OF_RABBITMQ)) - shown == {"lethe_payment_webhooks_unknown_total"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=[document["uid"] for document in DOCUMENTS])
def test_panels_stand_side_by_side(document: dict[str, Any]) -> None:
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in document["panels"]]
    assert len(set(places)) == len(places)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in document["panels"])
    assert [panel["id"] for panel in document["panels"]] == [*range(1, len(places) + 1)]


def test_they_are_written(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    answer = CliRunner().invoke(app, ["dashboards", str(folder)])
    assert answer.exit_code == 0, answer.output
    written = [json.loads(file.read_text()) for file in sorted(folder.iterdir())]
    assert written == sorted(DOCUMENTS, key=lambda document: str(document["uid"]))


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    assert CliRunner().invoke(app, ["dashboards", str(file)]).exit_code == 2
    assert file.read_text() == "mine"
