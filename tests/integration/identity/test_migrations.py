"""Identity's newer schema on a database that holds data."""

from uuid import uuid4

import asyncpg
import pytest

from deploy.databases import SERVICES_FOLDER
from shared import migrations
from tests.integration.identity.driver import Driver

MIGRATIONS = SERVICES_FOLDER / "identity" / "migrations"
SIGN_UP = """
INSERT INTO sign_up (address_hash, email, password_hash, full_name, street, postal_code, city, country, phone, kind,
  company, nip, language, nonce)
VALUES (sha256(uuid_send($1)), 'a@example.com', 'x', 'Anna', '', '', '', 'PL', '', 'person', '', '', 'pl', $2)
"""


async def test_sign_ups_from_before_are_brought_along(driver: Driver) -> None:
    nonce = uuid4()
    async with driver.harness.superuser("identity") as superuser:
        await superuser.execute("CREATE DATABASE older_identity OWNER identity_owner")
    url = driver.harness.databases["identity"].owner.rpartition("/")[0] + "/older_identity"
    try:
        migrations.upgrade(MIGRATIONS, url, to="identity_0001")
        older = await asyncpg.connect(url, timeout=60)
        await older.execute(SIGN_UP, uuid4(), nonce)
        migrations.upgrade(MIGRATIONS, url, to="identity_0002")
        assert await older.fetchval("SELECT nonce FROM sign_up") == nonce
        with pytest.raises(asyncpg.UniqueViolationError):
            await older.execute(SIGN_UP, uuid4(), nonce)
        await older.close()
    finally:
        async with driver.harness.superuser("identity") as superuser:
            await superuser.execute("DROP DATABASE older_identity WITH (FORCE)")
