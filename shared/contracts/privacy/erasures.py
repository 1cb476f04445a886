"""Cases and orders as operators see them: states, times and random ids, nothing of the person."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.message import OPERATORS, Done, Message, Request

CaseState = Literal["waiting", "ordered", "failed", "closed", "withdrawn"]
Outlook = Literal["on time", "due soon", "will miss its date", "late", "ended"]
Answer = Literal["asked", "silent", "answered", "failed", "last", "left"]
"""Silent is who owes a report and was reminded; privacy purges its own data last; who left owes none any more."""


class ErasureAnswer(Message):
    """What one participant has answered to an order."""

    service: str
    answer: Answer
    asked_at: datetime
    reminders: int


class ErasureOrderState(Message):
    """One order, with everybody it asks."""

    order_id: UUID
    open: bool
    ordered_at: datetime
    closed_at: datetime | None
    people: int
    answers: tuple[ErasureAnswer, ...]


class ErasureCaseState(Message):
    """One case, with its newest order."""

    case_id: UUID
    state: CaseState
    outlook: Outlook
    received_at: datetime
    due_on: date
    runs_at: datetime
    closed_at: datetime | None
    attempts: int
    order_id: UUID | None


class Erasures(Message):
    """Cases, those that are due first at the top, and their orders; `more` says that there are others."""

    cases: tuple[ErasureCaseState, ...]
    orders: tuple[ErasureOrderState, ...]
    more: bool = False


class ListErasures(Request[Erasures], type="privacy.list-erasures", askers=(OPERATORS,)):
    """The open cases, or those of one state; of them only what may miss its date, only what waits for a service."""

    state: CaseState | None = None
    late: bool = False
    waits_for: str = Field(default="", max_length=100)
    most: int = Field(default=100, ge=1, le=1000)


class ReadErasure(Request[Erasures], type="privacy.read-erasure", askers=(OPERATORS,)):
    """One case with all its orders, or one order with its cases. 404."""

    id: UUID


class ErasureStep(Message):
    """Something that happened in a case, in a sentence; `by` whom, and told `to` whom: services, or `person`."""

    at: datetime
    sentence: str
    by: str = "privacy"
    to: tuple[str, ...] = ()


class ErasureStory(Message):
    """A case from its receipt on, in the order of its steps; `orders` are those of all its attempts."""

    case_id: UUID
    steps: tuple[ErasureStep, ...]
    now: str
    orders: tuple[UUID, ...] = ()


class ExplainErasure(Request[ErasureStory], type="privacy.explain-erasure", askers=(OPERATORS,)):
    """What happened in one case, and what it waits for. 404."""

    case_id: UUID


class ReleaseErasure(Request[Done], type="privacy.release-erasure", askers=(OPERATORS,)):
    """A case that waits for its next attempt is ordered now; of one that is ordered, who is silent is asked again now.

    404; 409 while its person may still withdraw it, and when it has ended.
    """

    case_id: UUID
