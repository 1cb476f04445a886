"""What the broker's documents say of a queue, in all the shapes that its versions give them."""

from datetime import timedelta
from typing import Any

import pytest

from deploy.queue_figures import Queue, read
from shared.clock import now

PLAIN = {"name": "q", "messages_ready": 4, "messages_unacknowledged": 1, "consumers": 2}
RATES = {"publish_details": {"rate": 1.5}, "deliver_get_details": {"rate": 2.5}}


NOW = now()


def ago(seconds: int) -> int:
    return int((NOW - timedelta(seconds=seconds)).timestamp())


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (PLAIN, Queue("q", 4, 1, 2, None, None, None)),
        ({"name": "just declared"}, Queue("just declared", 0, 0, 0, None, None, None)),
        ({**PLAIN, "messages_ready": None}, Queue("q", 0, 1, 2, None, None, None)),
        ({**PLAIN, "message_stats": RATES}, Queue("q", 4, 1, 2, None, 1.5, 2.5)),
        ({**PLAIN, "message_stats": {"publish": 0}}, Queue("q", 4, 1, 2, None, 0.0, 0.0)),
        ({**PLAIN, "message_stats": []}, Queue("q", 4, 1, 2, None, None, None)),
        ({**PLAIN, "head_message_timestamp": ""}, Queue("q", 4, 1, 2, None, None, None)),
    ],
)
def test_a_document_is_read(document: dict[str, Any], expected: Queue) -> None:
    assert read(document) == expected


@pytest.mark.parametrize(
    ("document", "head", "seconds"),
    [
        ({**PLAIN, "head_message_timestamp": ago(90)}, None, 90),
        (PLAIN, {"properties": {"timestamp": ago(70), "headers": {}}}, 70),
        (PLAIN, {"properties": {"timestamp": ago(70), "headers": {"x-failed-at": NOW.isoformat()}}}, 0),
        (PLAIN, {"properties": {"timestamp": ago(60), "headers": {"x-failed-at": "yesterday"}}}, 60),
        (PLAIN, {"properties": {"timestamp": ago(-600)}}, 0),
    ],
)
def test_the_age_of_the_oldest(
    monkeypatch: pytest.MonkeyPatch, document: dict[str, Any], head: dict[str, Any] | None, seconds: int
) -> None:
    monkeypatch.setattr("deploy.queue_figures.now", lambda: NOW)
    assert read(document, head).oldest_s == pytest.approx(seconds, abs=1)


@pytest.mark.parametrize("properties", [{}, [], {"timestamp": "soon"}, {"headers": []}])
def test_an_age_that_nobody_told_is_unknown(properties: Any) -> None:
    assert read(PLAIN, {"properties": properties}).oldest_s is None
