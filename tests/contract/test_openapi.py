"""The gateway does what its OpenAPI document says, whatever Schemathesis sends to the real services."""

import asyncio
import sys
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path

import pytest

from deploy.local.servers import Servers
from services.identity.app import SERVICE as IDENTITY
from services.licensing.app import SERVICE as LICENSING
from services.marketing.app import SERVICE as MARKETING
from services.privacy.app import SERVICE as PRIVACY
from shared.contracts.actors import ROLES
from tests import harness as harnesses
from tests.gateway import bearer, gateway_client, sign_up
from tests.harness import DEEPER, PATIENCE_S, Harness
from tests.staff import colleague

EXAMPLES = 3 * DEEPER  # per operation and phase
SEED = 20261122
SERVICES = (PRIVACY, IDENTITY, LICENSING, MARKETING)
# The member must survive the run: no erasure while it lasts, cheap password hashes.
SETTINGS = {"cooling_off_s": 86_400, "argon2_memory_kib": 8, "argon2_time_cost": 1}
# What only the owners know (is this code right, is this product on sale) makes a well-formed request fail.
NOT_OURS = "positive_data_acceptance"
ENDS_THE_SESSION = "/sessions/current"
# To all others each of their routes is one 401, whatever is sent: test_refusals.py and test_staff.py of the gateway.
THOSE_OF_STAFF_APART = "--exclude-path-regex=^/staff/"


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    """All services."""
    module_harness = await harnesses.build(servers, SERVICES, settings=SETTINGS)
    async with module_harness.serve(*SERVICES):
        yield module_harness
    await harnesses.tear_down(module_harness)


async def schemathesis(base: str, *options: str) -> tuple[int, str]:
    """Run Schemathesis in its own process; answers its exit code and what it said."""
    program = Path(sys.executable).with_name("schemathesis")
    process = await asyncio.create_subprocess_exec(
        program,
        "run",
        f"{base}/openapi.json",
        "--checks=all",
        f"--exclude-checks={NOT_OURS}",
        f"--max-examples={EXAMPLES}",
        f"--seed={SEED}",
        "--suppress-health-check=all",
        "--warnings=off",
        "--no-color",
        "--generation-database=none",
        "--continue-on-failure",
        f"--request-timeout={PATIENCE_S}",
        "--workers=1",  # while one hands a copy over, another would take its case back
        *options,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


async def test_as_a_member(harness: Harness, servers: Servers) -> None:
    assert servers.mailbox_folder is not None
    async with gateway_client(harness) as client:
        _, token = await sign_up(client, servers.mailbox_folder)
        code, said = await schemathesis(
            str(client.base_url),
            f"--header=Authorization: Bearer {token}",
            f"--exclude-path={ENDS_THE_SESSION}",
            THOSE_OF_STAFF_APART,
        )
        assert code == 0, said
        assert (await client.get("/me", headers={"Authorization": f"Bearer {token}"})).status_code == 200


async def test_as_staff(harness: Harness) -> None:
    """Somebody in every role: what the routes of the staff do is not hidden behind a 403."""
    async with gateway_client(harness) as client:
        token = await colleague(harness, *ROLES)
        code, said = await schemathesis(
            str(client.base_url),
            f"--header=Authorization: Bearer {token}",
            "--include-path-regex=^/staff/",
            f"--exclude-path=/staff{ENDS_THE_SESSION}",
        )
        assert code == 0, said
        assert (await client.get("/staff/privacy-requests", headers=bearer(token))).status_code == HTTPStatus.OK


@pytest.mark.deep  # with a session the same routes are asked, and what needs one is refused in test_refusals.py
async def test_as_nobody(harness: Harness) -> None:
    async with gateway_client(harness) as client:
        code, said = await schemathesis(str(client.base_url), "--phases=coverage", THOSE_OF_STAFF_APART)
        assert code == 0, said
