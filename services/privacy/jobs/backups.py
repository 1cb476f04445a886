"""Backups past their last day are removed; for how long they are kept is noted, for certificates name the day."""

import asyncio
from pathlib import Path

from services.privacy import backup_shelf, backup_terms
from services.privacy.settings import PrivacySettings
from shared.clock import today
from shared.database import Database
from shared.observability import log
from shared.purposes import Purpose


async def end_backups(database: Database, settings: PrivacySettings) -> bool:
    async with database.transaction(Purpose.UPKEEP) as tx:
        await backup_terms.note(tx, settings.backup_days)
    if settings.backups:
        over = await asyncio.to_thread(backup_shelf.expire, Path(settings.backups), today())
        if over:
            log.info("backups removed", rows=len(over))
    return False
