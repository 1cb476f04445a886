"""The picture of an erasure: whole, readable by XML, nothing over anything else, and nothing of another case."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest

from deploy import trace_file
from deploy.erasure_picture import MOST_SPANS, picture
from deploy.trace_file import Span
from shared.contracts.privacy import ErasureStep, ErasureStory

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
CASE, ORDER = UUID(int=1), UUID(int=2)
SERVICES = ("identity", "licensing", "privacy")
STORY = ErasureStory(
    case_id=CASE,
    steps=(
        ErasureStep(at=NOON, sentence="The request came in.", by="person", to=("privacy",)),
        ErasureStep(at=NOON + timedelta(days=2, seconds=5), sentence="Attempt 1.", to=SERVICES),
        ErasureStep(at=NOON + timedelta(days=2, seconds=6), sentence="Answered.", by="licensing", to=("privacy",)),
        ErasureStep(at=NOON + timedelta(days=2, seconds=7), sentence="The case closed."),
    ),
    now="Nothing is left to do.",
    orders=(ORDER,),
)
SPAN = Span("identity", "process it", 5, "a" * 32, "b" * 16, "", frozenset(), NOON, 0.0123, failed=False, attributes={})


def drawn(story: ErasureStory = STORY, spans: Sequence[Span] = ()) -> ET.Element:
    return ET.fromstring(picture(story, spans))  # noqa: S314 our own


def parts(root: ET.Element, tag: str, kind: str | None = None) -> list[ET.Element]:
    named = root.findall(f"{{http://www.w3.org/2000/svg}}{tag}")
    return [each for each in named if kind is None or each.get("class") == kind]


def words(root: ET.Element) -> list[str]:
    return [each.text or "" for each in parts(root, "text")]


def test_everybody_has_a_lane_and_every_message_an_arrow() -> None:
    root = drawn()
    assert [lane.text for lane in parts(root, "text", "lane")] == ["person", "privacy", "identity", "licensing"]
    assert len(parts(root, "path", "step")) == 4, "one in, two to others, one back; none from privacy to itself"
    assert {"The request came in.", "Now: Nothing is left to do.", f"Erasure case {CASE}"} <= set(words(root))
    assert {"2026-05-04 12:00:00.000", "+ 2 d 5 s", "+ 1.0 s"} <= set(words(root))


def test_what_was_recorded_stands_between_the_steps() -> None:
    spans = [
        replace(SPAN, began=NOON + timedelta(days=2, seconds=5.5)),
        replace(SPAN, service="gateway", kind=2, name="POST /me/privacy-requests", seconds=75.0, failed=True),
        replace(SPAN, kind=3, name="transaction"),
    ]
    root = drawn(spans=spans)
    assert [lane.text for lane in parts(root, "text", "lane")][:3] == ["person", "gateway", "privacy"]
    told = [each.text for each in parts(root, "text", "span-words")]
    assert told == ["POST /me/privacy-requests, 1 min 15 s, failed", "process it, 12 ms"]
    assert len(parts(root, "rect", "span failed")) == 1


TEXTS = {
    "marks of XML": "a <b> & \"c\" 'd' ]]>",
    "signs that XML has no room for": "a\x00b\x1bc\x0bd",
    "Polish": "zażółć gęślą jaźń",
    "one very long word": "x" * 500,
    "many words": "many words " * 60,
    "nothing": "",
}


@pytest.mark.parametrize("name", TEXTS)
def test_any_text_can_be_drawn_and_lies_over_nothing(name: str) -> None:
    step = ErasureStep(at=NOON, sentence=TEXTS[name], by="a-service-with-a-very-long-name-indeed", to=("privacy",))
    root = drawn(STORY.model_copy(update={"steps": (*STORY.steps, step, *STORY.steps), "now": TEXTS[name]}))
    assert re.sub(r"\s|[^ -~]", "", TEXTS[name]) in re.sub(r"\s|[^ -~]|\?", "", "".join(words(root)))
    places = [(int(each.get("x", 0)), int(each.get("y", 0))) for each in parts(root, "text") if each.text]
    width, height = int(root.get("width", 0)), int(root.get("height", 0))
    for x, y in places:
        assert 0 < x < width
        assert 0 < y < height - 4
        assert not [other for at, other in places if at == x and 0 < abs(other - y) < 12], (x, y)
    lanes = [(int(each.get("x", 0)), len(each.text or "") * 7) for each in parts(root, "text", "lane")]
    for (left, left_width), (right, right_width) in pairwise(lanes):
        assert left + left_width / 2 < right - right_width / 2


def test_a_picture_has_an_end() -> None:
    spans = [replace(SPAN, name=f"process {n}") for n in range(MOST_SPANS + 3)]
    assert "3 later spans are left out." in words(drawn(spans=spans))


def line(span: Span, **attributes: Any) -> str:
    told = {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        "parentSpanId": "",
        "name": span.name,
        "kind": span.kind,
        "startTimeUnixNano": "1",
        "endTimeUnixNano": "2",
        "attributes": [{"key": f"lethe.{key}", "value": {"stringValue": str(v)}} for key, v in attributes.items()],
        "links": [{"traceId": trace, "spanId": "c" * 16} for trace in span.linked],
        "status": {"code": 0},
    }
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": span.service}}]}
    return json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [told]}]}]}) + "\n"


def test_the_spans_of_a_case_are_those_of_its_traces_and_of_no_other(tmp_path: Path) -> None:
    file, other = tmp_path / "spans", UUID(int=3)
    lines = [
        line(replace(SPAN, name="ordered"), order_id=ORDER),
        line(replace(SPAN, name="in its trace")),
        line(replace(SPAN, name="linked", trace_id="e" * 32, linked=frozenset(("a" * 32,)))),
        line(replace(SPAN, name="letter of another"), case_id=other, order_id=ORDER),
        line(replace(SPAN, name="another's", trace_id="f" * 32), case_id=other),
        line(replace(SPAN, name="an id that begins alike", trace_id="9" * 32), case_id=f"{CASE}0"),
        "{}\n",
        "[1]\n",
        "cut of",
    ]
    file.write_text("".join(lines))
    (tmp_path / "spans.1").write_text(line(replace(SPAN, name="before", trace_id="d" * 32), case_id=CASE))
    names = {span.name for span in trace_file.about(file, {str(CASE), str(ORDER)})}
    assert names == {"ordered", "in its trace", "linked", "before"}
    assert trace_file.about(file, {str(UUID(int=9))}) == []
