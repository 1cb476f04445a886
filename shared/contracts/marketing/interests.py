"""Topics in which a person showed interest."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.actors import Member
from shared.contracts.fields import NOBODY, Acting
from shared.contracts.message import Done, Message, Request

TOPIC = r"^[a-z0-9][a-z0-9 .-]{0,58}[a-z0-9]$"


class NoteInterest(Request[Done], type="marketing.note-interest", askers=("licensing",)):
    """A person showed interest in a topic; 403 when the person objected to profiling."""

    subject_id: UUID
    topic: str = Field(pattern=TOPIC)
    source: Literal["provided", "observed", "inferred"] = "observed"


class Interest(Message):
    """One topic, what it rests on, and how often it was noted."""

    topic: str
    source: str
    weight: int
    noted_at: datetime


class Interests(Message):
    """A person's interests, the strongest first."""

    interests: tuple[Interest, ...]


class ReadInterests(Request[Interests], type="marketing.read-interests", askers=("gateway",), actor=Member()):
    """A member's own interests."""

    subject_id: Acting = NOBODY
