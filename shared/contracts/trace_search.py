"""What is searched for after an erasure: asked of every participant by privacy, and answered in its own name."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, field_validator, model_validator
from pydantic_core import PydanticCustomError

from shared.contracts.message import Message, Request

MAX_PEOPLE = 1000
MAX_CASES = 500
MAX_VALUES = 100
"""So many values of one person are searched for, in one service."""
MAX_SOUGHT = 10_000
"""All values of one person, from all services and ids."""
SHORTEST, LONGEST = 4, 400
"""A value of fewer characters stands everywhere, in anybody's rows."""
AFTER_LENGTH = 1000
"""The name of a table and a number."""

Value = Annotated[str, StringConstraints(min_length=SHORTEST, max_length=LONGEST)]
Ending = Literal["kept", "of others", "unkeyed", "found"]
"""What a value was found in: a row of the person that the law keeps, a declared column of somebody else's row, a table
without a key to anybody that the certificate lists anyway, or where it has no business to be."""


class IdentifyingValues(Message):
    """Values with whose they are, one entry each in both lists."""

    subjects: tuple[UUID, ...] = ()
    values: tuple[str, ...] = Field(default=(), repr=False)

    @model_validator(mode="after")
    def _aligned(self) -> Self:
        if len(self.subjects) != len(self.values):
            raise PydanticCustomError("not_aligned", "needs one entry per value in both lists")
        return self


class ReadIdentifyingValues(Request[IdentifyingValues], type="*.read-identifying-values", askers=("privacy",)):
    """What tells these people by its value alone, just before they are erased."""

    subjects: tuple[UUID, ...] = Field(min_length=1, max_length=MAX_PEOPLE)


class SoughtCase(Message):
    """A case whose person is erased: all ids, and the values that identified the person."""

    case_id: UUID
    subjects: tuple[UUID, ...] = Field(max_length=MAX_PEOPLE)
    values: tuple[Value, ...] = Field(max_length=MAX_SOUGHT, repr=False)


class TraceCount(Message):
    """How many rows, letters or lines of one place have a value of a case."""

    case_id: UUID
    place: str
    """A table with its column, `dead letters`, or `log`."""
    ending: Ending
    rows: int


class TracesPage(Message):
    """What a part of the search saw; `next` asks on and is empty at the end."""

    next: str
    read: int
    """Rows, letters and lines."""
    traces: tuple[TraceCount, ...] = ()
    unread: tuple[str, ...] = ()
    """Places that could not be searched."""


class SearchTraces(Request[TracesPage], type="*.search-traces", askers=("privacy",)):
    """Many cases in one pass over tables, dead letters and log, page by page. 422 for a place that is none."""

    cases: tuple[SoughtCase, ...] = Field(min_length=1, max_length=MAX_CASES)
    after: str = Field(default="", max_length=AFTER_LENGTH)

    @field_validator("cases")
    @classmethod
    def _once(cls, cases: tuple[SoughtCase, ...]) -> tuple[SoughtCase, ...]:
        if len({case.case_id for case in cases}) != len(cases):
            raise PydanticCustomError("case_twice", "names a case twice")
        return cases
