"""The alert rules: each has its paragraph in the run-book, and asks for what the processes tell."""

import importlib
import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY

from deploy.local.folders import PROJECT
from deploy.local.system import PROCESSES

FOLDER = PROJECT / "deploy" / "prometheus"
BOOK = (PROJECT / "docs" / "operations.md").read_text()
(GROUP,) = yaml.safe_load((FOLDER / "lethe.rules.yml").read_text())["groups"]
RULES: list[dict[str, Any]] = GROUP["rules"]
DOCUMENTED = re.findall(r"^\| `(lethe_[a-z_]+)(?:\{([a-z,]+)\})?` \| (.+) \|$", BOOK, re.MULTILINE)


OF_RABBITMQ = {
    f"rabbitmq_detailed_queue_{what}": {"vhost", "queue"}
    for what in ("messages_ready", "messages_unacked", "consumers")
}


def told() -> dict[str, set[str]]:
    """What all processes tell at `/metrics`, with the names of its labels."""
    for process in PROCESSES:
        importlib.import_module(f"services.{process}.app")
    collectors = {id(c): c for c in REGISTRY._collector_to_names}.values()
    names = {getattr(c, "_name", ""): c for c in collectors if hasattr(c, "_labelnames")}
    return {
        f"{name}_total" if type(c).__name__ == "Counter" else name: set(c._labelnames)
        for name, c in names.items()
        if name.startswith("lethe_")
    }


def paragraph(title: str) -> str:
    return BOOK.partition(f"\n### {title}\n")[2].partition("\n#")[0].strip()


@pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])
def test_an_alert_says_what_to_do(rule: dict[str, Any]) -> None:
    name = rule["alert"]
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"]["runbook"] == f"docs/operations.md#{name.lower()}"
    assert "./lethe" in paragraph(name) or "As above" in paragraph(name)
    assert rule["annotations"]["summary"].endswith(".")


def test_the_run_book_has_no_alert_of_yesterday() -> None:
    assert re.findall(r"^### (\w+)$", BOOK, re.MULTILINE) == [rule["alert"] for rule in RULES]


@pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])
def test_an_alert_asks_for_what_is_told(rule: dict[str, Any]) -> None:
    known = told() | OF_RABBITMQ
    names = set(re.findall(r"\b(?:lethe|rabbitmq)_[a-z_]+", rule["expr"]))
    assert names
    assert names <= set(known)
    labels = set().union(*(known[name] for name in names)) | {"instance"}
    assert set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"])) <= labels
    assert set(re.findall(r"[{,]\s*(\w+)\s*!?=", rule["expr"])) <= labels


def test_every_metric_is_documented_once() -> None:
    assert sorted(name for name, _, _ in DOCUMENTED) == sorted(told())
    for name, labels, meaning in DOCUMENTED:
        assert set(filter(None, labels.split(","))) == told()[name], name
        assert len(meaning) > 10


def test_promtool_finds_nothing_to_say() -> None:
    """Where it is installed (Debian: prometheus), it checks the rules and plays them."""
    promtool = shutil.which("promtool")
    played = yaml.safe_load((FOLDER / "lethe.tests.yml").read_text())["tests"]
    known = {rule["alert"] for rule in RULES}
    assert {case["alertname"] for test in played for case in test["alert_rule_test"]} <= known
    for words in (("check", "rules", "lethe.rules.yml"), ("test", "rules", "lethe.tests.yml")) if promtool else ():
        done = subprocess.run(
            [str(promtool), *words], cwd=FOLDER, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
