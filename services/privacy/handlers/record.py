"""The record for officers, with its history."""

from services.privacy.documents import versions
from services.privacy.documents.record.edition import published_edition
from services.privacy.documents.record.pages import render
from shared.contracts import privacy
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.problems import refuse
from shared.purposes import Purpose

router = ServiceRouter("privacy")


@router.request(privacy.ReadRecord, purpose=Purpose.UPKEEP)
async def read_record(request: privacy.ReadRecord, tx: Transaction) -> privacy.Record:
    if request.version is None:
        version = await versions.newest(tx, "record")
    else:
        version = await versions.numbered(tx, "record", request.version)
    if version is None:
        raise refuse(404, "no such record", message="nothing is kept while the register is not complete")
    edition = published_edition(version, request.language, await versions.history(tx, "record"))
    return privacy.Record(version=version.version, document=render(edition, request.format))
