"""Who may do what, by the word of identity."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.assertions import Signer, Verifier, new_signing_key
from shared.clock import now
from shared.contracts.actors import Actor, Member, Staff
from shared.messaging.acting import acting, in_the_name_of
from shared.problems import Refused
from tests.sample.contracts import ReadNotes

SIGNER = Signer.of(new_signing_key())
VERIFIER = Verifier.of(SIGNER.public)
OK = 200
FINANCE: dict[str, Any] = {"kind": "staff", "roles": ("finance",), "second_factor": True}


def actor(minutes_ago: float = 0, **changed: Any) -> Actor:
    values: dict[str, Any] = {"id": uuid4(), "kind": "member"} | changed
    return Actor(authenticated_at=now() - timedelta(minutes=minutes_ago), **values)


@pytest.mark.parametrize(
    ("needed", "minutes_ago", "changed", "status"),
    [
        (Member(), 0, {}, 200),
        (Member(), 60 * 24 * 29, {}, 200),
        (Member(fresh_minutes=15), 14.9, {}, 200),
        (Member(fresh_minutes=15), 15.1, {}, 403),
        (Member(), 0, FINANCE, 403),
        (Staff("finance", "support"), 0, FINANCE, 200),
        (Staff("support"), 0, FINANCE, 403),
        (Staff("finance"), 0, FINANCE | {"roles": ()}, 403),
        (Staff("finance"), 0, FINANCE | {"second_factor": False}, 403),
        (Staff("finance"), 0, FINANCE | {"kind": "member"}, 403),
        (Staff("finance"), 0, {}, 403),
    ],
)
def test_who_may_do_what(needed: Member | Staff, minutes_ago: float, changed: dict[str, Any], status: int) -> None:
    who = actor(minutes_ago, **changed)
    assertion = SIGNER.sign(who)
    if status == OK:
        assert acting(needed, VERIFIER, assertion) == who
        return
    with pytest.raises(Refused) as refused:
        acting(needed, VERIFIER, assertion)
    assert refused.value.problem.status == status


def test_what_needs_nobody_has_no_actor_whatever_was_sent() -> None:
    assert acting(None, VERIFIER, SIGNER.sign(actor())) is None
    assert acting(None, None, "") is None


@pytest.mark.parametrize("verifier", [VERIFIER, None])
def test_without_an_assertion_nobody_acts(verifier: Verifier | None) -> None:
    with pytest.raises(Refused) as refused:
        acting(Member(), verifier, "")
    assert refused.value.problem.status == 401


def test_the_subject_is_the_member_whatever_the_body_says() -> None:
    member, staff = actor(), actor(**FINANCE)
    request = ReadNotes(subject_id=uuid4())
    assert in_the_name_of(member, request).subject_id == member.id
    assert in_the_name_of(staff, request) == in_the_name_of(None, request) == request
