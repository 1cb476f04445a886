"""Hold the register against what the services announced, and publish notice and record when they changed."""

import json
from collections.abc import Set as AbstractSet

from services.privacy.notice import publishing as notice
from services.privacy.record import publishing as record
from services.privacy.register.contents import Register
from services.privacy.register.joining import holes
from shared.clock import today
from shared.contracts.privacy import MappedTable
from shared.database import Database, Row
from shared.observability import log
from shared.personal_data.purposes import Purpose

INTERVAL_S = 3600.0

ANNOUNCED = "SELECT service, tables, recipients FROM participant WHERE left_at IS NULL ORDER BY service"


async def publish_what_changed(database: Database, register: Register, required: AbstractSet[str]) -> bool:
    """Publish notice and record as soon as everybody required has announced and nothing is missing."""
    async with database.transaction(Purpose.UPKEEP) as tx:
        announced = await tx.rows(ANNOUNCED)
        if not required <= {row["service"] for row in announced} or not _joined(register, announced):
            return False
        maps = {row["service"]: _tables(row) for row in announced}
        try:
            found = {
                "notice": await notice.publish(tx, register, maps, today()),
                "record": await record.publish(tx, register, maps, today()),
            }
        except (notice.Incomplete, record.Incomplete) as refused:
            log.error("nothing is published", reason=str(refused))
            return False
    if any(found.values()):
        log.info("published", **found)
    return False


def _tables(row: Row) -> list[MappedTable]:
    return [MappedTable.model_validate(table) for table in json.loads(row["tables"])]


def _joined(register: Register, announced: list[Row]) -> bool:
    maps = {row["service"]: _tables(row) for row in announced}
    connectors = {row["service"]: tuple(row["recipients"]) for row in announced}
    found = holes(register, maps, connectors)
    if found:
        log.error("the register has holes, nothing is published", holes=len(found), reason=found[0])
    return not found
