"""What a service asks that joins or was restored."""

from uuid import UUID

from pydantic import Field

from shared.contracts.message import PARTICIPANTS, Message, Request


class Page(Message):
    """Ids in order, and where to go on; an empty `next` is the end."""

    ids: tuple[UUID, ...]
    next: str = ""


class ErasedPage(Page):
    """Ids of the erased; of those in `contracts_go_on` the living contracts were not to be ended."""

    contracts_go_on: tuple[UUID, ...] = ()


class ErasedSubjects(Request[ErasedPage], type="privacy.erased-subjects", askers=(PARTICIPANTS,)):
    """Everybody erased or just being erased, for a service that joins or was restored."""

    service: str = Field(default="", max_length=60)
    after: str = Field(default="", max_length=200)
    limit: int = Field(default=1000, ge=1, le=5000)


class AnsweredOrder(Message):
    """The newest orders that a service answered; `order_id` is the newest of them, None when there is none."""

    order_id: UUID | None
    order_ids: tuple[UUID, ...] = ()


class LastAnsweredOrder(Request[AnsweredOrder], type="privacy.last-answered-order", askers=(PARTICIPANTS,)):
    """The newest orders that a service answered: a service that does not know one of them was restored."""

    service: str = Field(max_length=60)
