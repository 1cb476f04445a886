"""An order that outlives the version of the service that took it."""

import json
from dataclasses import replace
from uuid import uuid4

import asyncpg

from shared.database import Database
from shared.personal_data.erasure import Eraser, erase
from shared.purposes import Purpose
from tests.sample.app import ERASER
from tests.sample.data_map import DATA_MAP
from tests.sample.harness import ordered

OLDER = Eraser(replace(DATA_MAP, version=DATA_MAP.version - 1, tables=DATA_MAP.tables[:1]))
NOTE = "INSERT INTO note (note_id, subject_id, text) VALUES (gen_random_uuid(), $1, 'x')"
TOLD = "SELECT body FROM outbox WHERE body LIKE '%' || $1 || '%' ORDER BY created_at"


async def test_an_order_answered_by_another_map_is_carried_out_again(
    served: Database, everything: asyncpg.Connection
) -> None:
    """The stored report would be asked for again at every reminder; also after a roll back."""
    order = ordered(person := uuid4())
    await everything.execute("INSERT INTO subject VALUES ($1)", person)
    await everything.execute(NOTE, person)
    for eraser in (OLDER, ERASER, ERASER, OLDER):
        async with served.transaction(Purpose.ERASURE) as tx:
            await erase(tx, replace(eraser), order.order_id, order.subjects)
            reports = [json.loads(row["body"]) for row in await tx.rows(TOLD, str(order.order_id))]
            tables = {table["table"] for table in reports[-1]["tables"]}
            assert reports[-1]["map_version"] == eraser.data_map.version
            assert tables == {table.name for table in eraser.data_map.everything}
    stored = "SELECT count(*) FROM erasure_report WHERE order_id = $1"
    assert await everything.fetchval(stored, order.order_id) == 1
