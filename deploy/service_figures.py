"""What the services' databases tell of their messages: what waits to be told, to be tried again, and what was taken."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.database import Database
from shared.messaging import consumer_rows, inbox, outbox_rows
from shared.messaging.outbox_rows import Figures
from shared.purposes import Purpose


@dataclass(frozen=True)
class ServiceFigures:
    """One service: its outbox, how many messages its inbox knows, and per consumer what waits in the retry tiers."""

    service: str
    outbox: Figures
    inbox: int
    retries: Mapping[str, int]


async def figures(database: Database) -> ServiceFigures:
    async with database.transaction(Purpose.UPKEEP) as tx:
        return ServiceFigures(
            database.service,
            await outbox_rows.figures(tx),
            await inbox.count(tx),
            {consumer.name: consumer.retries for consumer in await consumer_rows.consumers(tx)},
        )
