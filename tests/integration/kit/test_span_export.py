"""Spans leave beside the work: whatever the collector does, work is neither slower nor fails, and ends in time."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from deploy import trace_file
from tests import forked
from tests.collector import Manner, collector

LIMIT_S = 120


def ran(url: str = "", path: str = "", share: str = "1") -> dict[str, Any]:
    ended = forked.run("tests.sample.spans", url, path, share, environment=os.environ, patience_s=LIMIT_S)
    assert (ended.code, ended.wrong) == (0, ""), "nothing but our own words"
    told: dict[str, Any] = json.loads(ended.out)
    return told


def sampled(traceparent: str) -> bool:
    """Whether the flags of a trace say that it is recorded."""
    return bool(int(traceparent[-2:], 16) & 1)


def test_spans_reach_a_collector() -> None:
    with collector("answers") as standing:
        told = ran(standing.url)
    assert ("sample", "last") in standing.spans, "what is left at the end is sent"
    assert (told["lost"], set(standing.spans)) == (0, {("sample", "work"), ("sample", "last")})
    assert sampled(told["traceparent"])


@pytest.mark.parametrize("manner", ["refuses", "hangs", "is busy", "talks nonsense"])
def test_work_does_not_notice_the_collector(manner: Manner) -> None:
    """A span that waited for it would take seconds; here thousands take less, and the end is bounded."""
    with collector(manner) as standing:
        told = ran(standing.url)
    assert told["worked_s"] < 30
    assert told["ended_s"] < 15


def test_a_file_holds_the_last_span_too(tmp_path: Path) -> None:
    ran(path=str(tmp_path / "spans"))
    spans = list(trace_file.read(tmp_path / "spans"))
    assert {span.name for span in spans} == {"work", "last"}
    assert {span.service for span in spans} == {"sample"}


def test_a_collector_that_hangs_does_not_keep_spans_from_the_file(tmp_path: Path) -> None:
    with collector("hangs") as standing:
        ran(standing.url, str(tmp_path / "spans"))
    assert "work" in {span.name for span in trace_file.read(tmp_path / "spans")}


@pytest.mark.parametrize("share", ["1", "0"])
def test_without_a_place_only_ids_travel(share: str) -> None:
    told = ran(share=share)
    assert not sampled(told["traceparent"])
    assert not told["protobuf"], "what exports is not even loaded"


def test_a_share_of_nothing_records_nothing(tmp_path: Path) -> None:
    assert not sampled(ran(path=str(tmp_path / "spans"), share="0")["traceparent"])
    assert not (tmp_path / "spans").exists()
