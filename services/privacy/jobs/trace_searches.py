"""What identifies people is gathered before their erasure, and searched for after it."""

from services.privacy import metrics
from services.privacy.sealed_addresses import AddressSeal
from services.privacy.settings import PrivacySettings
from services.privacy.traces import identifying_values, searching, store
from shared.database import Database
from shared.messaging.request_client import RequestClient
from shared.purposes import Purpose
from shared.secrets import Keyring


async def gather_values(
    database: Database, client: RequestClient, seal: AddressSeal, settings: PrivacySettings
) -> bool:
    return await identifying_values.gather(database, client, seal, settings.gather_patience_s)


async def search_traces(database: Database, client: RequestClient, keyring: Keyring, settings: PrivacySettings) -> bool:
    """One participant's search; then operators see whether any has found something."""
    if await searching.search(database, client, keyring, settings):
        return True
    async with database.transaction(Purpose.ERASURE) as tx:
        await store.destroy(tx)
        metrics.traces_found.set(await store.cases_with_finds(tx))
    return False
