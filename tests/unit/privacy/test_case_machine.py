"""The machines of cases: whole in themselves, and drawn in the documents as they are."""

from typing import get_args

import pytest

from deploy.local.folders import PROJECT
from services.privacy.cases.machine import MACHINES, PENDING, REFUSED, drawn, opens_in
from services.privacy.desk.rules import REVIEWS
from shared.contracts.privacy import Right
from shared.contracts.privacy.erasures import CaseState

RIGHTS = get_args(Right)


@pytest.mark.parametrize("right", RIGHTS)
def test_the_document_draws_it_as_it_is(right: Right) -> None:
    pages = [page.read_text() for page in (PROJECT / "docs").glob("*.md")]
    assert any(f"```mermaid\n{drawn(right)}\n```" in page for page in pages)


@pytest.mark.parametrize("right", RIGHTS)
def test_every_state_is_reached_and_no_step_is_told_twice(right: Right) -> None:
    transitions = MACHINES[right]
    assert {t.before for t in transitions} <= {"", *(t.after for t in transitions)}
    assert len({(t.before, t.after) for t in transitions}) == len(transitions)
    assert [t.actor for t in transitions if not t.before] in (["person", "person"], ["person", "staff"])


def test_operators_know_every_state_of_an_erasure() -> None:
    """But for those in which a case is the desk's alone."""
    assert {t.after for t in MACHINES["erasure"]} == {*get_args(CaseState), PENDING, REFUSED}
    assert opens_in("erasure") == "waiting"


@pytest.mark.parametrize("right", RIGHTS)
def test_every_right_can_wait_for_certainty(right: Right) -> None:
    """Staff enter them so, but for an objection to marketing, which is absolute, and for what is weighed, which is
    asked for in the panel: these wait when they are asked for by an address of long ago."""
    begins = {(t.after, t.actor) for t in MACHINES[right] if not t.before}
    by_whom = "person" if right in ("marketing-objection", *REVIEWS) else "staff"
    assert begins == {(opens_in(right), "person"), (PENDING, by_whom)}
    on = {(t.after, t.actor) for t in MACHINES[right] if t.before == PENDING}
    assert on <= {
        (opens_in(right), "officer"),
        (REFUSED, "officer"),
        ("withdrawn", "person"),
        ("closed", "participants"),
        ("ended", "participants"),
    }


@pytest.mark.parametrize("right", [right for right in RIGHTS if right != "erasure"])
def test_no_query_of_erasures_takes_a_case_of_another_right(right: Right) -> None:
    """The dispatcher picks by these states."""
    assert {t.after for t in MACHINES[right]}.isdisjoint({"waiting", "ordered", "failed"})


ENDINGS: dict[Right, set[str]] = {
    "erasure": {"closed", "refused", "withdrawn"},
    "access": {"closed", "refused", "withdrawn"},
    "portability": {"closed", "refused", "withdrawn"},
    "restriction": {"ended", "lifted", "refused", "withdrawn"},
    "marketing-objection": {"closed", "ended", "refused", "withdrawn"},
    "objection": {"ended", "overruled", "refused", "upheld", "withdrawn"},
    "human-review": {"changed", "confirmed", "ended", "refused", "withdrawn"},
    "rectification": {"corrected", "declined", "ended", "refused", "withdrawn"},
}


@pytest.mark.parametrize("right", RIGHTS)
def test_only_what_has_ended_leads_to_the_end(right: Right) -> None:
    endings = {line.split()[0] for line in drawn(right).splitlines() if line.endswith("--> [*]")}
    assert endings == ENDINGS[right]
