"""Giving what was done its place in the log, and ending what is old."""

from services.privacy import staff_acts
from services.privacy.evidence import log
from services.privacy.evidence.checkpoints import CheckpointSigner
from shared.database import Database
from shared.purposes import Purpose


async def add_evidence(database: Database, checkpoint_signer: CheckpointSigner) -> bool:
    async with database.transaction(Purpose.UPKEEP) as tx:
        return await log.append(tx, checkpoint_signer) == log.MOST_AT_ONCE


async def end_evidence(database: Database) -> bool:
    async with database.transaction(Purpose.UPKEEP) as tx:
        await staff_acts.end_old(tx)
    return False
