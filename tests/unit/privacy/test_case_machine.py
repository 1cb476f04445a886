"""The machine of cases: whole in itself, and drawn in the documents as it is."""

from typing import get_args

import pytest

from deploy.local.folders import PROJECT
from services.privacy.cases.machine import MACHINES, Right, drawn
from shared.contracts.privacy.erasures import CaseState

RIGHTS = get_args(Right)


@pytest.mark.parametrize("right", RIGHTS)
def test_the_document_draws_it_as_it_is(right: Right) -> None:
    assert f"```mermaid\n{drawn(right)}\n```" in (PROJECT / "docs" / "erasure.md").read_text()


@pytest.mark.parametrize("right", RIGHTS)
def test_every_state_is_reached_and_no_step_is_told_twice(right: Right) -> None:
    transitions = MACHINES[right]
    assert {t.after for t in transitions} == set(get_args(CaseState))
    assert {t.before for t in transitions} <= {"", *get_args(CaseState)}
    assert len({(t.before, t.after) for t in transitions}) == len(transitions)
    assert [(t.after, t.actor) for t in transitions if not t.before] == [("waiting", "person")]


def test_only_what_has_ended_leads_to_the_end() -> None:
    endings = {line.split()[0] for line in drawn("erasure").splitlines() if line.endswith("--> [*]")}
    assert endings == {"closed", "withdrawn"}
