"""Whether a license may be used, and until when it lasts."""

import re
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.folders import PROJECT
from services.licensing.licenses import rules as licenses
from services.licensing.licenses.rules import ExactCode, Scope, older
from services.licensing.policies import rules as policies
from shared.contracts.licensing import Code
from shared.problems import Refused
from tests.unit.licensing.data import NOON, license_of


def test_a_license_expires_at_the_end_of_a_day_in_warsaw() -> None:
    end = policies.expires_at(date(2026, 1, 31), 1)
    assert end is not None
    assert end.astimezone(UTC) == datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert policies.expires_at(date(2026, 1, 31), None) is None


@pytest.mark.parametrize(
    ("changed", "asked", "code"),
    [
        ({}, {}, "VALID"),
        ({"state": "ended"}, {}, "ENDED"),
        ({"state": "suspended"}, {}, "SUSPENDED"),
        ({"state": "expired"}, {}, "EXPIRED"),
        ({"expires_at": NOON - timedelta(hours=23)}, {}, "VALID"),
        ({"expires_at": NOON - timedelta(hours=24)}, {}, "EXPIRED"),
        ({}, {"product": "studio-year"}, "PRODUCT_MISMATCH"),
        ({}, {"edition": "pro"}, "EDITION_MISMATCH"),
        ({"edition": "pro"}, {"product": "auditor-year", "edition": "pro"}, "VALID"),
        ({"updates_until": NOON}, {}, "VERSION_NOT_COVERED"),
        ({"updates_until": NOON + timedelta(seconds=1)}, {}, "VALID"),
        ({"updates_until": NOON}, {"released_on": date(2026, 6, 15)}, "VALID"),
        ({"updates_until": NOON}, {"released_on": date(2026, 6, 16)}, "VERSION_NOT_COVERED"),
        ({"entitlements": ("audit",)}, {"entitlements": frozenset({"audit"})}, "VALID"),
        ({"entitlements": ("audit",)}, {"entitlements": frozenset({"audit", "export"})}, "ENTITLEMENT_MISSING"),
        ({}, {"active_here": False}, "NOT_ACTIVATED"),
        ({}, {"active_here": True}, "VALID"),
        ({"fingerprint_required": True}, {}, "NOT_ACTIVATED"),
        ({"fingerprint_required": True}, {"active_here": True}, "VALID"),
        ({"state": "ended", "expires_at": NOON - timedelta(days=9)}, {"active_here": False}, "ENDED"),
    ],
)
def test_the_first_reason_why_a_license_may_not_be_used(
    changed: dict[str, Any], asked: dict[str, Any], code: str
) -> None:
    active_here = asked.pop("active_here", None)
    assert licenses.judge(license_of(**changed), NOON, Scope(**asked), active_here=active_here) == code


@given(st.integers(1, 5), st.lists(st.integers(0, 60 * 86_400).map(lambda s: timedelta(seconds=s)), max_size=12))
def test_seats_are_given_back_so_often_in_30_days(most: int, ago: list[timedelta]) -> None:
    """A refusal says when the next is possible, and then it is, unless one came between."""
    counted = [moment for moment in ago if moment < timedelta(days=30)]
    limited, before = license_of(max_deactivations=most), [NOON - each for each in ago]
    licenses.check_deactivation(license_of(), before, NOON)
    if len(counted) < most:
        licenses.check_deactivation(limited, before, NOON)
        return
    with pytest.raises(Refused) as refused:
        licenses.check_deactivation(limited, before, NOON)
    problem = refused.value.problem
    assert (problem.status, problem.errors[0].field) == (409, "key")
    then = NOON + timedelta(seconds=problem.retry_after)
    licenses.check_deactivation(limited, before, then)
    with pytest.raises(Refused):
        licenses.check_deactivation(limited, before, then - timedelta(seconds=1))
    assert f"{then:%Y-%m-%dT%H:%M:%SZ}" in problem.errors[0].message


FAULTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "ENDED": ({"state": "ended"}, {}),
    "SUSPENDED": ({"state": "suspended"}, {}),
    "EXPIRED": ({"expires_at": NOON - timedelta(days=2)}, {}),
    "PRODUCT_MISMATCH": ({}, {"product": "studio-year"}),
    "EDITION_MISMATCH": ({}, {"edition": "pro"}),
    "VERSION_NOT_COVERED": ({"updates_until": NOON}, {}),
    "ENTITLEMENT_MISSING": ({}, {"entitlements": frozenset({"export"})}),
    "HEARTBEAT_DEAD": ({}, {"active_here": False, "dead_here": True}),
    "NOT_ACTIVATED": ({}, {"active_here": False}),
}


def test_codes_come_in_the_documented_order() -> None:
    """Whatever else applies. `NOT_FOUND` and `TOO_MANY_DEVICES` are answered beside the rule."""
    page = (PROJECT / "docs" / "licenses.md").read_text("utf-8")
    documented = re.findall(r"^\| `([A-Z_]+)` \|", page, re.MULTILINE)
    assert documented == list(get_args(ExactCode))
    assert [code for code in documented if code in get_args(Code)] == list(get_args(Code))
    assert {older(code) for code in get_args(ExactCode)} == set(get_args(Code))
    order = [code for code in documented if code in FAULTS]
    assert len(order) == len(FAULTS)
    for faults in (set(some) for n in range(1, len(order) + 1) for some in combinations(order, n)):
        if not faults >= {"ENDED", "SUSPENDED"}:  # one state at a time
            stored = {name: value for fault in faults for name, value in FAULTS[fault][0].items()}
            asked = {name: value for fault in faults for name, value in FAULTS[fault][1].items()}
            here, dead = asked.pop("active_here", True), asked.pop("dead_here", False)
            code = licenses.judge(license_of(**stored), NOON, Scope(**asked), active_here=here, dead_here=dead)
            assert code == next(each for each in order if each in faults)


def test_a_question_is_told_what_it_lacks() -> None:
    """A version that does not say its day is not covered once the updates are over: any other might be said."""
    over = license_of(updates_until=NOON, fingerprint_required=True)
    said = Scope(released_on=date(2026, 1, 1))
    assert licenses.missing(over, NOON, Scope(), named=False) == "fingerprint"
    assert licenses.missing(over, NOON, Scope(), named=True) == "released_on"
    for license_, asked in ((over, said), (license_of(), Scope())):
        assert not licenses.missing(license_, NOON, asked, named=license_ is over)


@pytest.mark.parametrize(
    ("state", "expires_at", "shown"),
    [
        ("active", NOON, "expired"),
        ("active", NOON + timedelta(seconds=1), "active"),
        ("active", None, "active"),
        ("suspended", NOON, "suspended"),
        ("ended", NOON, "ended"),
    ],
)
def test_the_state_that_a_holder_sees(state: str, expires_at: datetime | None, shown: str) -> None:
    assert licenses.holder_state(license_of(state=state, expires_at=expires_at), NOON) == shown


@given(st.integers(1, 10_000), st.sampled_from(["none", "1.25x", "1.5x", "2x", "always"]), st.integers(0, 30_000))
def test_devices_beyond_the_limit_are_let_in_so_far(limit: int, overage: Any, devices: int) -> None:
    license_ = license_of(device_limit=limit, overage=overage)
    most = {"none": limit, "1.25x": limit * 5 // 4, "1.5x": limit * 3 // 2, "2x": limit * 2}.get(overage)
    assert licenses.most_devices(license_) == most
    assert licenses.is_full(license_, devices) == (most is not None and devices >= most)


def test_a_seat_is_noted_often_enough_to_stay_alive() -> None:
    for minutes in (1, 30, 10_000):
        license_ = license_of(heartbeat_minutes=minutes)
        assert licenses.alive_since(license_, NOON) == NOON - timedelta(minutes=minutes)
        assert licenses.note_after(license_) < timedelta(minutes=minutes) / 2
    assert licenses.alive_since(license_of(), NOON) is None
    assert licenses.note_after(license_of()) == timedelta(hours=1)
