"""People who use their rights, and the desk that sees to them, through the gateway."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from deploy.local import mailbox
from deploy.local.servers import Servers
from services.identity.app import SERVICE as IDENTITY
from services.licensing.app import SERVICE as LICENSING
from services.marketing.app import SERVICE as MARKETING
from services.privacy.app import SERVICE as PRIVACY
from shared.clock import now
from tests import harness as harnesses
from tests.gateway import bearer, gateway_client, sign_up
from tests.harness import Harness, eventually
from tests.staff import CHEAP_HASH, colleague

MINE, DESK = "/me/privacy-requests", "/staff/privacy-requests"
SERVICES = (PRIVACY, IDENTITY, LICENSING, MARKETING)
SETTINGS = {"cooling_off_s": 86_400, "remind_after_s": 1.0, **CHEAP_HASH}
AGE = """
UPDATE privacy_case SET received_at = received_at - make_interval(days => $2), due_on = due_on - $2,
  target_on = target_on - $2
WHERE case_id = $1
"""


@dataclass(frozen=True)
class Member:
    """Somebody with an account, and the case they opened, if any."""

    address: str
    session: dict[str, str]
    case_id: str = ""


@dataclass(frozen=True)
class Desk:
    """All services behind a gateway, with two of the staff at the desk."""

    harness: Harness
    client: httpx.AsyncClient
    rows: asyncpg.Connection
    mail: Path
    officer: dict[str, str]
    support: dict[str, str]

    async def member(self) -> Member:
        address, token = await sign_up(self.client, self.mail)
        return Member(address, bearer(token))

    async def opened(self, right: str, days_ago: int = 0, **wish: Any) -> Member:
        """Somebody new who has asked for something, as if so many days ago."""
        member = await self.member()
        answer = await self.client.post(MINE, json={"right": right, **wish}, headers=member.session)
        assert answer.status_code == 201, answer.text
        case_id = answer.json()["id"]
        if days_ago:
            await self.rows.execute(AGE, case_id, days_ago)
        return Member(member.address, member.session, case_id)

    async def entered(self, member: Member, right: str, **changes: Any) -> httpx.Response:
        """Staff enter a letter that came three days ago."""
        body = {"right": right, "channel": "letter", "received_at": days_ago(3).isoformat(), "email": member.address}
        return await self.client.post(DESK, json=body | changes, headers=self.support)

    async def put(self, case_id: str, what: str, body: dict[str, Any] | None = None, **options: Any) -> httpx.Response:
        """What an officer, or somebody else, does to a case."""
        who = options.get("headers", self.officer)
        return await self.client.put(f"{DESK}/{case_id}/{what}", json=body, headers=who)

    async def file(self, case_id: str) -> dict[str, Any]:
        """The case as the desk shows it."""
        answer = await self.client.get(f"{DESK}/{case_id}", params={"purpose": "handling"}, headers=self.officer)
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    async def state(self, case_id: str) -> str:
        return str((await self.file(case_id))["case"]["state"])

    async def until(self, case_id: str, state: str) -> None:
        """Wait until a case is in a state."""

        async def there() -> bool:
            return await self.state(case_id) == state

        await eventually(there)

    async def letter(self, address: str, subject: str) -> str:
        """The newest mail to an address with this subject, once it is there."""

        def newest() -> str:
            texts = [
                body.get_content()
                for message in mailbox.messages_for(self.mail, address)
                if str(message["Subject"]) == subject and (body := message.get_body(("plain",)))
            ]
            return texts[-1] if texts else ""

        return str(await eventually(newest))

    def mails(self, address: str) -> list[str]:
        """The subjects of all mails to an address."""
        return [str(message["Subject"]) for message in mailbox.messages_for(self.mail, address)]


@contextlib.asynccontextmanager
async def desk_at_work(servers: Servers) -> AsyncIterator[Desk]:
    """With a day in which an erasure can be taken back."""
    assert servers.mailbox_folder is not None
    harness = await harnesses.build(servers, SERVICES, settings=SETTINGS)
    async with harness.serve(*SERVICES), gateway_client(harness) as client, harness.superuser("privacy") as rows:
        officer, support = [bearer(await colleague(harness, role)) for role in ("officer", "support")]
        yield Desk(harness, client, rows, servers.mailbox_folder, officer, support)
    await harnesses.tear_down(harness)


def days_ago(days: int) -> datetime:
    return now() - timedelta(days=days)
