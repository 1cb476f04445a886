"""What alerts and dashboards ask for, a running system really tells."""

import re

import httpx

from deploy.grafana.dashboards import DASHBOARDS
from deploy.local import rabbitmq, system
from tests.unit.deploy.test_alerts import RULES
from tests.unit.deploy.test_dashboards import metrics_of


def test_every_metric_that_is_asked_for_is_told(whole_system: system.System) -> None:
    told: set[str] = set()
    urls = [f"{whole_system.health_url(name)}/metrics" for name in system.PROCESSES]
    for url in (*urls, rabbitmq.metrics_url(whole_system.folder)):
        text = httpx.get(url, timeout=60, trust_env=False).text
        told |= set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
    shown = [line for dashboard in DASHBOARDS for panel in dashboard.panels for line in panel.lines]
    asked = set().union(*(metrics_of(expression) for expression in [*shown, *(rule["expr"] for rule in RULES)]))
    assert len(asked) > 20
    assert asked - told == set()
