"""What services tell of somebody, as their handlers would."""

from datetime import datetime

from shared.contracts import participants
from shared.contracts.message import Event
from shared.purposes import Purpose
from tests.scenario import Customer, Scenario


def disclosed(
    person: Customer, at: datetime, recipient: str = "Poczta", category: str = "D5", reference: str = ""
) -> Event:
    return participants.Disclosed(
        subject_id=person.id,
        recipient=recipient,
        purpose="P5",
        categories=(category,),
        disclosed_at=at,
        reference=reference,
    )


async def tell(scenario: Scenario, service: str, *events: Event) -> None:
    """Let a service publish events."""
    async with scenario.resources[service].database.transaction(Purpose.UPKEEP) as tx:
        for event in events:
            tx.publish(event)
