"""Erasure orders: who is to be erased by whom."""

from uuid import UUID

from pydantic import Field

from shared.contracts.message import PARTICIPANTS, Event, Message, Request
from shared.contracts.privacy.holds import KnownHold


class Participant(Message):
    """A service frozen into an erasure order, with the version of the data map it was ordered by."""

    service: str
    map_version: int


MAX_SUBJECTS = 1000
"""How many ids one order may name."""


class OrderedSubject(Message):
    """One person id of a case; a person with linked ids appears once per id."""

    subject_id: UUID
    case_id: UUID
    terminate_contract: bool


class ErasureOrdered(Event, type="privacy.erasure-ordered.v1"):
    """Every participant purges or anonymizes these people and reports."""

    order_id: UUID
    participants: tuple[Participant, ...]
    subjects: tuple[OrderedSubject, ...] = Field(max_length=MAX_SUBJECTS)
    holds: tuple[KnownHold, ...] = ()
    """What was held of them, by which version, as the order was written: nobody purges without knowing so much."""

    @property
    def case_id(self) -> UUID | None:
        """The case, where the order is of one alone."""
        cases = {subject.case_id for subject in self.subjects}
        return cases.pop() if len(cases) == 1 else None


class OrderAddresses(Message):
    """The addresses that the cases of an order are answered at."""

    emails: tuple[str, ...] = Field(repr=False)


class ReadOrderAddresses(Request[OrderAddresses], type="privacy.read-order-addresses", askers=(PARTICIPANTS,)):
    """Asked by a participant that holds something under the address of nobody known yet, while the order is open."""

    order_id: UUID


class ErasureReminded(Event, type="privacy.erasure-reminded.v1"):
    """An order repeated for the one participant that owes its report; others ignore it."""

    service: str
    order: ErasureOrdered

    @property
    def order_id(self) -> UUID:
        return self.order.order_id

    @property
    def case_id(self) -> UUID | None:
        return self.order.case_id


class ErasureFulfilled(Event, type="privacy.erasure-fulfilled.v1", carries=("D16",)):
    """The cases of an order are closed."""

    order_id: UUID
    subjects: tuple[UUID, ...]
