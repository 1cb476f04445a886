"""Mail that a service has identity write."""

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
