"""The README is true: its example joins and takes part in an erasure, and its commands exist."""

import importlib
import re
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from deploy.commands import app
from deploy.local.folders import PROJECT
from deploy.local.servers import Servers
from deploy.population.cases import insert_cases, release
from services.identity.app import SERVICE as IDENTITY
from services.licensing.app import SERVICE as LICENSING
from services.marketing.app import SERVICE as MARKETING
from services.privacy.app import SERVICE as PRIVACY
from shared.clock import today
from shared.contracts import licensing
from shared.law import retention
from shared.personal_data.schema_check import gaps
from shared.purposes import Purpose
from shared.service import Service
from tests import harness as harnesses
from tests.harness import eventually

README = (PROJECT / "README.md").read_text()
BLOCK = re.compile(r"^`(helpdesk/[\w/.]+)`.*?```\w+\n(.*?)```", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"\./lethe ([a-z][a-z -]*[a-z])")


@pytest.fixture
def helpdesk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Service, Path]:
    """The example of the README, written to files as it stands there."""
    blocks = dict(BLOCK.findall(README))
    assert len(blocks) == 3
    assert sum(len([line for line in text.splitlines() if line.strip()]) for text in blocks.values()) < 60
    for name, text in blocks.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    service: Service = importlib.import_module("helpdesk.app").SERVICE
    return service, tmp_path / "helpdesk" / "migrations"


async def test_the_example_joins_and_is_erased(servers: Servers, helpdesk: tuple[Service, Path]) -> None:
    service, migrations = helpdesk
    everybody = [IDENTITY, LICENSING, MARKETING, PRIVACY, service]
    harness = await harnesses.build(servers, everybody, helpdesk=migrations)
    person, license_id = uuid4(), uuid4()
    try:
        async with harness.serve(*everybody) as resources:
            async with resources["licensing"].database.transaction(Purpose.UPKEEP) as tx:
                tx.publish(licensing.LicenseIssued(subject_id=person, license_id=license_id, order_id=uuid4()))
            async with harness.superuser("helpdesk") as database, harness.superuser("privacy") as privacy:
                await eventually(lambda: database.fetchval("SELECT true FROM ticket WHERE ticket_id = $1", license_id))
                kept = retention.claim(today(), retention.Claim.CONSUMER)
                await database.execute(
                    "INSERT INTO complaint (complaint_id, subject_id, words, phone, retain_until, provisions)"
                    " VALUES ($1, $2, 'it broke', '+48 600 100 200', $3, $4)",
                    uuid4(),
                    person,
                    kept.until,
                    kept.provisions,
                )
                await eventually(lambda: privacy.fetchval("SELECT count(*) = 5 FROM participant WHERE left_at IS NULL"))
                await insert_cases(privacy, [person])
                await release(privacy, [person])
                await eventually(lambda: privacy.fetchval("SELECT state = 'closed' FROM privacy_case"))
                assert await database.fetchval("SELECT count(*) FROM ticket") == 0
                left = await database.fetchrow("SELECT live, phone, retain_until FROM complaint")
                assert left is not None
                assert (left["live"], left["phone"], left["retain_until"]) == (False, None, kept.until)
                assert kept.until is not None
                assert kept.until > today() + timedelta(days=365)
            async with resources["helpdesk"].database.transaction(Purpose.UPKEEP) as tx:
                assert await gaps(tx, service.data_map) == []
    finally:
        await harnesses.tear_down(harness)


@pytest.mark.parametrize("command", sorted(set(COMMAND.findall(README))))
def test_every_command_exists_and_teaches(command: str) -> None:
    words = command.split()[:1] if command == "logs privacy" else command.split()
    done = CliRunner().invoke(app, [*words, "--help"])
    assert done.exit_code == 0, done.output
    assert "Usage" in done.output
