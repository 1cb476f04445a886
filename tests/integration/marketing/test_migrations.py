"""Marketing's newer schema on a database that holds data."""

import asyncpg

from deploy.databases import SERVICES_FOLDER
from shared import migrations
from tests.harness import Harness

MIGRATIONS = SERVICES_FOLDER / "marketing" / "migrations"
SIGN_UP = """
INSERT INTO signup (address_hash, sealed_address, language, text_version) VALUES ('\\x01', '\\x02', 'pl', 'T-7')
"""
DUE = "SELECT attempts FROM signup WHERE mail_due_at <= now()"


async def test_sign_ups_from_before_are_still_to_be_mailed(harness: Harness) -> None:
    async with harness.superuser("marketing") as superuser:
        await superuser.execute("CREATE DATABASE older_marketing OWNER marketing_owner")
    url = harness.databases["marketing"].owner.rpartition("/")[0] + "/older_marketing"
    try:
        migrations.upgrade(MIGRATIONS, url, to="marketing_0001")
        older = await asyncpg.connect(url, timeout=60)
        await older.execute(SIGN_UP)
        migrations.upgrade(MIGRATIONS, url)
        assert await older.fetchval(DUE) == 0
        await older.close()
    finally:
        async with harness.superuser("marketing") as superuser:
            await superuser.execute("DROP DATABASE older_marketing WITH (FORCE)")
