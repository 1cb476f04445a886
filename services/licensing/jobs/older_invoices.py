"""Invoices from before licensing_0005 get the seller that they have named until now, once.

Delete this module when no invoice without a seller is left in the database.
"""

from services.licensing.fulfilment import Vendor
from services.licensing.invoices import store as invoices
from shared.database import Database
from shared.purposes import Purpose

BATCH = 1000


async def name_sellers(database: Database, vendor: Vendor) -> bool:
    async with database.transaction(Purpose.LEGAL_DUTY) as tx:
        return await invoices.name_seller(tx, vendor.seller, vendor.transfer.bank_account, BATCH) == BATCH
