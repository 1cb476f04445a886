"""Consumers that are gone for minutes beside a broker that answers: only a new process brings them back."""

from collections.abc import Iterable

from shared.messaging import broker as brokers
from shared.messaging.admission import Admission
from shared.messaging.publisher import UNREACHABLE, Publisher

PRESENCE = "presence"
"""The loop that looks."""
LOOKS_EVERY_S = 5.0
GONE_S = 180.0
"""How long they may be gone: libraries and the broker come back by themselves within seconds."""


class ConsumersGone(Exception):
    """The broker answers, and a consumer that should take from it does not."""


def resting(admissions: Iterable[Admission]) -> set[str]:
    """The queues that nobody takes from on purpose."""
    return {admission.queue for admission in admissions if not admission.wanted}


async def look(broker: brokers.Broker | None, publisher: Publisher, admissions: Iterable[Admission]) -> bool:
    """Raise ConsumersGone; neither a start that waits nor a broker that is away is mended by a new process."""
    if broker is not None and not brokers.consuming(broker, resting(admissions)) and await _answers(publisher):
        raise ConsumersGone
    return False


async def _answers(publisher: Publisher) -> bool:
    try:
        await publisher.channel()
    except UNREACHABLE:
        return False
    return True
