"""Pure decisions about a case."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from services.privacy.extents import extent
from shared.contracts.privacy import OpenCase, Right, Wish
from shared.law.case_clock import day_of_receipt, due_date, target_date
from shared.problems import refuse
from shared.purposes import Purpose

OBJECTABLE = (Purpose.PROFILING, Purpose.ANALYTICS, Purpose.STATISTICS)
"""Uses that rest on the vendor's interest, which is weighed (Art. 21(1)); against marketing nothing is."""


@dataclass(frozen=True)
class Opening:
    """All that is known when a case opens."""

    subject_id: UUID
    right: Right
    terminate_contract: bool
    language: str
    channel: str
    verified_by: str
    received_at: datetime
    due_on: date
    target_on: date
    run_at: datetime
    ground: str | None = None
    about: str | None = None
    statement: str | None = None

    @property
    def can_be_taken_back(self) -> bool:
        """Whether there is a while in which nothing has happened yet."""
        return self.run_at > self.received_at


def grounded(opening: Opening, ground: str | None) -> Opening:
    """With the ground of a restriction (GDPR Art. 18(1)). Raises Refused (422) without it, and for another right's."""
    if opening.right == "restriction" and ground is None:
        raise refuse(422, "a restriction needs a ground", field="ground", message="say which case of Art. 18(1) it is")
    if opening.right != "restriction" and ground is not None:
        raise refuse(422, "this right needs no ground", field="ground", message="leave it out")
    return replace(opening, ground=ground)


@dataclass(frozen=True)
class Topics:
    """What a case may be about, by the register: decisions that are contested, categories of data that are wrong."""

    decisions: Collection[str]
    categories: Collection[str]

    def of(self, right: Right) -> Collection[str]:
        topics: Mapping[str, Collection[str]] = {
            "objection": OBJECTABLE,
            "human-review": self.decisions,
            "rectification": self.categories,
        }
        return topics.get(right, ())


def about(opening: Opening, wish: Wish, topics: Topics) -> Opening:
    """With what it is about. Raises Refused (422) for a purpose or decision that is none, and for another right's."""
    choices = topics.of(opening.right)
    if choices and wish.about not in choices:
        raise refuse(
            422, "it has to say what it is about", field="about", message=f"one of: {', '.join(sorted(choices))}"
        )
    for field, value in (("about", wish.about), ("statement", wish.statement)):
        if value is not None and not choices:
            raise refuse(422, "this right is about everything", field=field, message="leave it out")
    if opening.right == "rectification" and wish.statement is None:
        raise refuse(422, "what is wrong, and what is right", field="statement", message="say both")
    return replace(opening, about=wish.about, statement=wish.statement)


def limited(opening: Opening, wish: Wish, categories: Collection[str]) -> Opening:
    """With the extent of a restriction. Raises Refused (422) for what there is not, and for another right's."""
    if opening.right == "restriction":
        return replace(opening, about=extent(wish.purposes, wish.field, categories))
    for field, value in (("purposes", wish.purposes), ("field", wish.field)):
        if value:
            raise refuse(422, "only a restriction has an extent", field=field, message="leave it out")
    return opening


def wished(opening: Opening, wish: Wish, topics: Topics) -> Opening:
    """With all that its person says. Raises Refused (422) for what does not go with the right."""
    return limited(about(grounded(opening, wish.ground), wish, topics), wish, topics.categories)


def opening(
    subject_id: UUID,
    *,
    right: Right = "erasure",
    terminate_contract: bool = False,
    language: str,
    channel: str,
    verified_by: str,
    received_at: datetime,
    cooling_off_s: float,
) -> Opening:
    """A case with its clock (GDPR Art. 12(3)); an erasure has a cooling-off, everything else begins at once."""
    day, waits_s = day_of_receipt(received_at), cooling_off_s if right == "erasure" else 0
    return Opening(
        subject_id=subject_id,
        right=right,
        terminate_contract=terminate_contract,
        language=language,
        channel=channel,
        verified_by=verified_by,
        received_at=received_at,
        due_on=due_date(day),
        target_on=target_date(day),
        run_at=received_at + timedelta(seconds=waits_s),
    )


def dormant_opening(subject_id: UUID, language: str, received_at: datetime, cooling_off_s: float) -> Opening:
    """The end of an account that nobody uses; its person can still stop it."""
    return opening(
        subject_id,
        language=language,
        channel="retention",
        verified_by="nobody: the account was not used",
        received_at=received_at,
        cooling_off_s=cooling_off_s,
    )


def members_opening(request: OpenCase, received_at: datetime, cooling_off_s: float, topics: Topics) -> Opening:
    """The case of a signed-in member. Raises Refused (422) for what does not go with its right."""
    asked = opening(
        request.subject_id,
        right=request.right,
        terminate_contract=request.terminate_contract,
        language=request.language,
        channel="member",
        verified_by="fresh session",
        received_at=received_at,
        cooling_off_s=cooling_off_s,
    )
    return wished(asked, request, topics)
