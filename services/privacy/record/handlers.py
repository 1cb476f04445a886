"""The record for officers, with its history."""

import json

from services.privacy import publications
from services.privacy.record.content import Edition, Past, Record
from services.privacy.record.rendering import render
from shared.contracts import privacy
from shared.database import Row, Transaction
from shared.law.calendar import WARSAW
from shared.messaging.router import ServiceRouter
from shared.problems import refuse
from shared.purposes import Purpose

router = ServiceRouter("privacy")


@router.request(privacy.ReadRecord, purpose=Purpose.UPKEEP)
async def read_record(request: privacy.ReadRecord, tx: Transaction) -> privacy.Record:
    """The newest record, or one of its versions."""
    if request.version is None:
        row = await publications.newest(tx, "record")
    else:
        row = await publications.numbered(tx, "record", request.version)
    if row is None:
        raise refuse(404, "no such record", message="nothing is kept while the register is not complete")
    edition = Edition(
        version=row["version"],
        as_of=row["effective_on"],
        record=Record.model_validate(json.loads(row["content"])[request.language]),
        history=tuple(map(_past, await publications.history(tx, "record"))),
    )
    return privacy.Record(version=row["version"], document=render(edition, request.format))


def _past(row: Row) -> Past:
    return Past(version=row["version"], published_on=row["published_at"].astimezone(WARSAW).date())
