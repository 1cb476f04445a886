"""Services that have not confirmed a ruling are asked again with growing waits; one that has left is not waited for.

No correction waits for it, either.
"""

from services.privacy.blocks import rulings
from services.privacy.desk import corrections
from services.privacy.settings import PrivacySettings
from shared.database import Database
from shared.observability import log
from shared.purposes import Purpose


async def see_to_blocks(database: Database, settings: PrivacySettings) -> bool:
    async with database.transaction(Purpose.RIGHTS) as tx:
        await rulings.wait_for_nobody_who_left(tx)
        silent = await rulings.ask_again(tx, settings.remind_after_s)
    async with database.transaction(Purpose.RIGHTS) as tx:
        await corrections.wait_for_nobody_who_left(tx)
    for service in silent:
        log.warning("ruling not confirmed, asked again", participant=service)
    return False
