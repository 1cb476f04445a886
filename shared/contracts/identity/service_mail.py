"""Mail that a service has identity write."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from shared.contracts.message import Event


class ServiceMailDue(Event, type="*.service-mail-due.v1", owner="identity", carries=("D9", "D11")):
    """A service asks identity to write to a person; it knows the address, the asker the words' name.

    `facts` are amounts, dates and ids, never personal values.
    """

    subject_id: UUID
    template: str
    facts: dict[str, str] = Field(default_factory=dict)


class ServiceMailHandedOver(Event, type="identity.service-mail-handed-over.v1", carries=("D9",)):
    """The mail server has taken a letter that a service has to know of; `about` is what it is about, as an order."""

    subject_id: UUID
    template: str
    about: UUID
    handed_over_at: datetime
