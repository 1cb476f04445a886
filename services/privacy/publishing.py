"""Hold the register against what the services announced, and publish notice and record when they changed."""

import json
from collections.abc import Set as AbstractSet

from services.privacy.notice import publishing as notice
from services.privacy.record import publishing as record
from services.privacy.register.contents import Register
from services.privacy.register.joining import holes
from services.privacy.register.loading import register as loaded
from shared.clock import today
from shared.contracts import privacy
from shared.contracts.participants import MappedTable
from shared.database import Database, Row, Transaction
from shared.messaging.router import ServiceRouter
from shared.observability import log
from shared.purposes import Purpose

router = ServiceRouter("privacy")

INTERVAL_S = 3600.0

ANNOUNCED = "SELECT service, tables, recipients FROM participant WHERE left_at IS NULL ORDER BY service"


async def publish_what_changed(database: Database, register: Register, required: AbstractSet[str]) -> bool:
    """Publish notice and record, both or none, once everybody required has announced and nothing is missing."""
    try:
        async with database.transaction(Purpose.UPKEEP) as tx:
            published = await _publish(tx, register, required)
    except (notice.Incomplete, record.Incomplete) as refused:
        log.error("nothing is published", reason=str(refused))
        return False
    if any(published.values()):
        log.info("published", **published)
    return False


async def _publish(tx: Transaction, register: Register, required: AbstractSet[str]) -> dict[str, int | None]:
    """The numbers of what was published; raises Incomplete."""
    announced = await tx.rows(ANNOUNCED)
    maps = {row["service"]: _tables(row) for row in announced}
    if not required <= maps.keys():
        return {}
    if lacking := _holes(register, announced):
        log.error("the register has holes, nothing is published", holes=len(lacking), reason=lacking[0])
        return {}
    return {
        "notice": await notice.publish(tx, register, maps, today()),
        "record": await record.publish(tx, register, maps, today()),
    }


def _tables(row: Row) -> list[MappedTable]:
    return [MappedTable.model_validate(table) for table in json.loads(row["tables"])]


def _holes(register: Register, announced: list[Row]) -> list[str]:
    maps = {row["service"]: _tables(row) for row in announced}
    return holes(register, maps, {row["service"]: tuple(row["recipients"]) for row in announced})


@router.request(privacy.CheckRegister, purpose=Purpose.UPKEEP)
async def check_register(_request: privacy.CheckRegister, tx: Transaction) -> privacy.RegisterHoles:
    """Hold the register against everybody who takes part."""
    announced = await tx.rows(ANNOUNCED)
    services = tuple(row["service"] for row in announced)
    return privacy.RegisterHoles(services=services, holes=tuple(_holes(loaded(), announced)))
