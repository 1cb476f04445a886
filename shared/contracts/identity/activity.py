"""The activity log of an account."""

from datetime import datetime

from pydantic import Field

from shared.contracts.actors import Member
from shared.contracts.fields import NOBODY, Acting
from shared.contracts.message import Message, Request


class Activity(Message):
    """One entry of the activity log."""

    at: datetime
    what: str
    ip: str


class Activities(Message):
    """A member's activity log, newest first."""

    activities: tuple[Activity, ...]


class ReadActivity(Request[Activities], type="identity.read-activity", askers=("gateway",), actor=Member()):
    """A member's own activity log."""

    subject_id: Acting = NOBODY
    limit: int = Field(default=100, ge=1, le=1000)
