"""Who takes part in erasures, and how one leaves."""

from datetime import datetime
from typing import Annotated

from pydantic import StringConstraints

from shared.contracts.fields import Line
from shared.contracts.message import OPERATORS, Message, Request


class ParticipantState(Message):
    """A service that announced its data map, and what it has not answered."""

    service: str
    map_version: int
    announced_at: datetime
    unanswered: int
    waiting_since: datetime | None
    """When the oldest order was written that it has not answered."""
    left_at: datetime | None
    reason: str | None
    required: bool
    """Whether nothing is ordered without it (`LETHE_PARTICIPANTS`)."""


class ParticipantStates(Message):
    """Everybody who ever announced a data map, by name."""

    participants: tuple[ParticipantState, ...]


class ListParticipants(Request[ParticipantStates], type="privacy.list-participants", askers=(OPERATORS,)):
    """Who takes part, who left and why."""


class Departure(Message):
    """A participant has left; `orders` were open and wait for it no more."""

    orders: int


class LeaveParticipant(Request[Departure], type="privacy.leave-participant", askers=(OPERATORS,)):
    """A service is no longer asked to erase, and open orders wait for it no more; their certificates say so."""

    service: Annotated[Line, StringConstraints(min_length=1, max_length=100)]
    reason: Annotated[Line, StringConstraints(min_length=10, max_length=500)]
    """Why, and what became of the data: certificates quote it."""
