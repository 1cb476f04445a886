"""The machines of cases: whole in themselves, and drawn in the documents as they are."""

from typing import get_args

import pytest

from deploy.local.folders import PROJECT
from services.privacy.cases.machine import MACHINES, Right, drawn, opens_in
from shared.contracts.privacy.erasures import CaseState

RIGHTS = get_args(Right)
PAGES: dict[Right, str] = {"erasure": "erasure.md", "access": "copies.md", "portability": "copies.md"}
STATES: dict[Right, set[str]] = {
    "erasure": set(get_args(CaseState)),
    "access": {"gathering", "ready", "closed", "withdrawn"},
    "portability": {"gathering", "ready", "closed", "withdrawn"},
}
OPENS_IN: dict[Right, str] = {"erasure": "waiting", "access": "gathering", "portability": "gathering"}
ENDINGS = {"closed", "withdrawn"}


@pytest.mark.parametrize("right", RIGHTS)
def test_the_document_draws_it_as_it_is(right: Right) -> None:
    assert f"```mermaid\n{drawn(right)}\n```" in (PROJECT / "docs" / PAGES[right]).read_text()


@pytest.mark.parametrize("right", RIGHTS)
def test_every_state_is_reached_and_no_step_is_told_twice(right: Right) -> None:
    transitions = MACHINES[right]
    assert {t.after for t in transitions} == STATES[right]
    assert {t.before for t in transitions} <= {"", *STATES[right]}
    assert len({(t.before, t.after) for t in transitions}) == len(transitions)
    assert [(t.after, t.actor) for t in transitions if not t.before] == [(OPENS_IN[right], "person")]
    assert opens_in(right) == OPENS_IN[right]


@pytest.mark.parametrize("right", [right for right in RIGHTS if right != "erasure"])
def test_no_other_right_has_states_by_which_an_erasure_is_picked(right: Right) -> None:
    assert STATES[right] & {"waiting", "ordered", "failed"} == set()


@pytest.mark.parametrize("right", RIGHTS)
def test_only_what_has_ended_leads_to_the_end(right: Right) -> None:
    endings = {line.split()[0] for line in drawn(right).splitlines() if line.endswith("--> [*]")}
    assert endings == ENDINGS
