"""A physical copy of a server: made, encrypted, unpacked, and started on."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from typer.testing import CliRunner

from deploy.backups import making
from deploy.commands import app
from deploy.local import postgres
from deploy.local.folders import state_of_tests
from services.privacy import backup_shelf
from shared.clock import now

KEY = "the key of the copy, long enough"
FOLDER = state_of_tests() / "physical"


@pytest.fixture
def folder() -> Iterator[Path]:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    yield FOLDER
    for name in ("first", "second"):
        postgres.kill(FOLDER / name)
    shutil.rmtree(FOLDER, ignore_errors=True)


async def query(url: str, sql: str) -> Any:
    connection = await asyncpg.connect(url, timeout=60)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


def restore(folder: Path, name: str, *words: str, key: str = KEY) -> Any:
    environment = {"LETHE_BACKUPS": str(folder / "backups"), "LETHE_BACKUP_KEY": key}
    return CliRunner().invoke(app, ["restore", "cluster", name, *words], env=environment)


def test_a_copy_of_a_server_is_started_on(folder: Path) -> None:
    first = postgres.start(folder / "first", durable=False)
    asyncio.run(query(first.admin_url, "CREATE TABLE kept AS SELECT 'a value that must not be seen' AS text"))
    shelved = backup_shelf.new_folder(folder / "backups", now(), 30)
    copy = making.copy(first.admin_url, shelved, KEY, now())
    postgres.stop(folder / "first")
    assert b"PG_VERSION" not in copy.read_bytes()
    (folder / "second" / "postgres").mkdir(parents=True)
    data = folder / "second" / "postgres" / "data"
    for wrong in (restore(folder, shelved.name, "--to", str(data), key="b" * 30), restore(folder, shelved.name)):
        assert wrong.exit_code == 2
        assert wrong.stderr.count("\n") == 1
    assert not data.exists()
    assert restore(folder, shelved.name, "--to", str(data)).exit_code == 0
    shutil.copy(folder / "first" / "postgres" / "secrets.json", data.parent)
    second = postgres.start(folder / "second", durable=False)
    assert asyncio.run(query(second.admin_url, "SELECT text FROM kept")) == "a value that must not be seen"
    there = restore(folder, shelved.name, "--to", str(data))
    assert there.exit_code == 2
    assert "is there already" in there.stderr
    assert [each.name for each in data.parent.iterdir() if "restoring" in each.name] == []
