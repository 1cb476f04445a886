"""What counts as a breaking difference between two versions of a contract."""

from typing import Any, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, Field

from shared.contracts.compatibility import breaking_event, breaking_request


class Part(BaseModel):
    name: str
    size: int = 1


class Old(BaseModel):
    id: UUID
    state: Literal["open", "closed"]
    note: str = Field(default="", max_length=20)
    parts: tuple[Part, ...] = ()
    by: UUID | None = None
    facts: dict[str, str] = Field(default_factory=dict)


class Same(Old):
    """Words do not break anything."""


class FieldAdded(Old):
    colour: str = ""


class RequiredFieldAdded(Old):
    colour: str


class StateGone(BaseModel):
    id: UUID
    note: str = Field(default="", max_length=20)
    parts: tuple[Part, ...] = ()
    by: UUID | None = None
    facts: dict[str, str] = Field(default_factory=dict)


class StateAdded(Old):
    state: Literal["open", "closed", "paused"]  # type: ignore[assignment]


class StateFewer(Old):
    state: Literal["open"]


class Shorter(Old):
    note: str = Field(default="", max_length=10)


class Longer(Old):
    note: str = Field(default="", max_length=40)


class Patterned(Old):
    note: str = Field(default="", max_length=20, pattern="^a")


class OtherType(Old):
    id: int  # type: ignore[assignment]


class NoLongerNull(Old):
    by: UUID


class OptionalNow(Old):
    id: UUID | None = None  # type: ignore[assignment]


class SmallerPart(BaseModel):
    name: str


class PartFieldGone(Old):
    parts: tuple[SmallerPart, ...] = ()  # type: ignore[assignment]


class PartRequired(BaseModel):
    name: str
    size: int


class PartFieldRequired(Old):
    parts: tuple[PartRequired, ...] = ()  # type: ignore[assignment]


class OtherFacts(Old):
    facts: dict[str, int] = Field(default_factory=dict)  # type: ignore[assignment]


def event(model: type[BaseModel], late: str = "dropped") -> dict[str, Any]:
    return {"late": late, "message": model.model_json_schema()}


def request(model: type[BaseModel], reply: type[BaseModel] = Part, **who: Any) -> dict[str, Any]:
    anybody = {"askers": ["gateway"], "actor": None}
    return anybody | who | {"request": model.model_json_schema(), "reply": reply.model_json_schema()}


@pytest.mark.parametrize("model", [Old, Same, FieldAdded])
def test_additive_changes_break_nobody(model: type[BaseModel]) -> None:
    assert breaking_event(event(Old), event(model)) == []
    assert breaking_request(request(Old), request(model)) == []
    assert breaking_request(request(Part, Old), request(Part, model)) == []


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (RequiredFieldAdded, "colour is required"),
        (StateGone, "state is gone"),
        (StateFewer, "state allows less: closed"),
        (Shorter, "note has a lower maxLength"),
        (Patterned, "note has another pattern"),
        (OtherType, "id is no longer string"),
        (NoLongerNull, "by is required"),
        (PartFieldGone, "parts.size is gone"),
        (PartFieldRequired, "parts[].size is required"),
        (OtherFacts, "facts[] is no longer string"),
    ],
)
def test_what_narrows_breaks_events_requests_and_replies(model: type[BaseModel], reason: str) -> None:
    assert reason in breaking_event(event(Old), event(model))
    assert reason in breaking_request(request(Old), request(model))
    assert f"reply {reason}" in breaking_request(request(Part, Old), request(Part, model))


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (StateAdded, "state allows less: paused for those who read by the old contract"),
        (Longer, "note has a lower maxLength for those who read by the old contract"),
        (OptionalNow, "id is required for those who read by the old contract"),
    ],
)
def test_what_widens_breaks_the_readers_and_not_the_askers(model: type[BaseModel], reason: str) -> None:
    """An old reader sends a value that it does not know to the dead letters."""
    assert reason in breaking_event(event(Old), event(model))
    assert f"reply {reason}" in breaking_request(request(Part, Old), request(Part, model))
    assert breaking_request(request(Old), request(model)) == []


def test_a_late_event_keeps_its_meaning() -> None:
    assert breaking_event(event(Old), event(Old, "statutory")) == ["what a late one does has changed"]


class Tree(BaseModel):
    name: str
    below: "list[Tree]" = []


class OtherTree(BaseModel):
    name: int
    below: "list[OtherTree]" = []


def test_contracts_that_contain_themselves_are_compared_to_an_end() -> None:
    assert breaking_event(event(Tree), event(Tree)) == []
    assert "name is no longer string" in breaking_event(event(Tree), event(OtherTree))


MEMBER = {"kind": "member", "fresh_minutes": None}


@pytest.mark.parametrize(
    ("before", "after", "reasons"),
    [
        ({"askers": ["gateway", "privacy"]}, {"askers": ["privacy"]}, ["gateway may not ask it any more"]),
        ({"askers": ["gateway"]}, {"askers": ["gateway", "privacy"]}, []),
        ({"actor": None}, {"actor": MEMBER}, ["it demands another actor"]),
        ({"actor": MEMBER}, {"actor": MEMBER | {"fresh_minutes": 15}}, ["it demands another actor"]),
        ({"actor": MEMBER}, {"actor": None}, []),
        ({"actor": MEMBER}, {"actor": MEMBER}, []),
    ],
)
def test_an_asker_less_or_another_actor_breaks_those_who_ask(
    before: dict[str, Any], after: dict[str, Any], reasons: list[str]
) -> None:
    assert breaking_request(request(Old, **before), request(Old, **after)) == reasons
