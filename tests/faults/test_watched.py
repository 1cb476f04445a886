"""What alerts and dashboards ask for, a running system really tells."""

import re

import httpx

from deploy.grafana.dashboards import DASHBOARDS
from deploy.local import system
from tests.unit.deploy.test_alerts import RULES
from tests.unit.deploy.test_dashboards import metrics_of


def test_every_metric_that_is_asked_for_is_told(whole_system: system.System) -> None:
    told: set[str] = set()
    for name in system.PROCESSES:
        text = httpx.get(f"{whole_system.health_url(name)}/metrics", timeout=60, trust_env=False).text
        told |= set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
    shown = [line for dashboard in DASHBOARDS for panel in dashboard.panels for line in panel.lines]
    asked = set().union(*(metrics_of(expression) for expression in [*shown, *(rule["expr"] for rule in RULES)]))
    assert len(asked) > 20
    assert asked - told == set()
