"""The four services at work behind the gateway, and customers who do what people do."""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from deploy.local.servers import Servers
from services.identity.app import SERVICE as IDENTITY
from services.licensing.app import SERVICE as LICENSING
from services.marketing.app import SERVICE as MARKETING
from services.privacy.app import SERVICE as PRIVACY
from shared.contracts import identity, licensing, marketing, privacy
from shared.contracts.fields import Language
from shared.contracts.licensing import PaymentWebhook
from shared.contracts.message import Request
from shared.messaging.request_client import RequestClient
from shared.problems import Refused
from shared.service import Resources, Service
from tests import harness as harnesses
from tests.harness import PATIENCE_S, Harness, eventually
from tests.mail_server import MailServer, mail_server, text_of

SERVICES = (PRIVACY, IDENTITY, LICENSING, MARKETING)
# A cheap hash: what is tested here is not its cost.
SETTINGS = {
    "argon2_memory_kib": 64,
    "argon2_time_cost": 1,
    "mail_retry_s": 0.05,
    "remind_after_s": 1.0,
    "recipients_every_s": 0.5,
}
PASSWORD = "correct horse battery"
ASK_S = PATIENCE_S
ANSWER_S = PATIENCE_S

NOBODY = UUID(int=0)

NOT_YET = 409
EIGHT_DIGITS = re.compile(r"(?<![-\w])(\d{8})(?![-\w])")  # and not the first part of an id
CONFIRMING = re.compile(r"/newsletter/confirmations\?token=([\w.~-]+)")


@dataclass(frozen=True)
class Scenario:
    """The services at work, a client that may ask all of them, and superusers who see what is really there."""

    harness: Harness
    resources: dict[str, Resources]
    client: RequestClient
    rows: dict[str, asyncpg.Connection]
    smtp: MailServer

    async def ask(self, request: Request[Any], **options: Any) -> Any:
        """Ask; slow machines get more time."""
        return await self.client.request(request, timeout_s=ASK_S, **options)

    async def status(self, request: Request[Any]) -> int:
        """The status that a request is answered with."""
        try:
            await self.ask(request)
        except Refused as refused:
            return refused.problem.status
        return 200

    async def mailed(self, address: str, pattern: re.Pattern[str], count: int = 1) -> str:
        """What the pattern finds in the newest mail to an address, once so many mails hold it."""

        async def found() -> list[str]:
            texts = [text_of(m) for m in self._mails(address)]
            hits = [match.group(1) for text in texts if (match := pattern.search(text))]
            return hits if len(hits) >= count else []

        hits: list[str] = await eventually(found)
        return hits[-1]

    async def letters(self, address: str, subject: str) -> list[str]:
        """The mails to an address with these words in the subject, once there is one."""

        texts: list[str] = await eventually(
            lambda: [text_of(m) for m in self._mails(address) if subject in str(m["Subject"])]
        )
        return texts

    def _mails(self, address: str) -> list[EmailMessage]:
        return [mail for _, to, mail in self.smtp.arrived if to.casefold() == address.casefold()]

    async def register_customer(self, name: str = "Wisława Przybysławska", **fields: Any) -> "Customer":
        """Somebody registers, confirms the mailed code and has an account."""
        address = f"wislawa.{uuid4().hex[:12]}@example.com"
        profile = {
            "street": f"Łąkowa {uuid4().hex[:6]}/99",
            "postal_code": "22-400",
            "city": "Zamość",
            "phone": f"+48 6{uuid4().int % 10**8:08d}",
        } | fields
        person = Customer(self, address, str(profile["street"]), str(profile["phone"]))
        await person.register(name, **profile)
        return person

    async def customer(self) -> "Customer":
        """The main job's person: registered, bought, activated on a device, subscribed."""
        person = await self.register_customer()
        await person.buy()
        assert (await person.activate("laptop-0001")).valid
        await person.subscribe()
        return person

    async def quiet(self) -> None:
        """Wait until the outboxes are empty: all that was said is with the broker, and may still be under way there."""

        async def still() -> bool:
            waiting = [await c.fetchval("SELECT count(*) FROM outbox") for c in self.rows.values()]
            return not any(waiting)

        await eventually(still)

    async def count(self, service: str, table: str, person: UUID, condition: str = "true") -> int:
        """How many rows of a person meet a condition."""
        sql = f"SELECT count(*) FROM {table} WHERE subject_id = $1 AND {condition}"  # noqa: S608 the test's own words
        return int(await self.rows[service].fetchval(sql, person))

    async def live_rows(self, person: UUID) -> list[str]:
        """The tables in which a person still has a live row."""
        everywhere = [(s.name, t.name) for s in SERVICES for t in s.data_map.everything]
        return [f"{s}.{t}" for s, t in everywhere if await self.count(s, t, person, "live")]


@dataclass
class Customer:
    """Somebody with a mailbox; nobody real."""

    scenario: Scenario
    address: str
    street: str
    phone: str
    id: UUID = NOBODY
    key: str = ""
    payment: licensing.Payment | None = None
    token: str = ""

    @property
    def values(self) -> list[str]:
        """What a search for traces looks for."""
        return [value for value in (self.address, self.street, self.phone, self.key) if value]

    async def register(self, name: str, **fields: Any) -> None:
        """Sign up and confirm; also again after an erasure."""
        before = len([m for m in self.scenario.smtp.mails_to(self.address) if "Kod" in str(m["Subject"])])
        form = {"email": self.address, "password": PASSWORD, "full_name": name} | fields
        begun = await self.scenario.ask(identity.RegisterAccount(**form))
        code = await self.scenario.mailed(self.address, EIGHT_DIGITS, before + 1)
        confirm = identity.ConfirmEmail(email=self.address, token=begun.token, code=code)
        confirmed = await self.scenario.ask(confirm)
        self.id = confirmed.id

    async def order(self, **changed: Any) -> UUID:
        """Order a license with everything that a consumer must say."""
        said: dict[str, Any] = {
            "subject_id": self.id,
            "product": "auditor-year",
            "ip": "203.0.113.77",
            "terms_version": "2026-01",
            "accepts_terms": True,
            "wants_immediate_delivery": True,
            "knows_withdrawal_lapses": True,
        }
        return UUID(str((await self.scenario.ask(licensing.PlaceOrder(**(said | changed)))).id))

    async def start_payment(self, order_id: UUID) -> licensing.Payment:
        """Start to pay."""
        started = await self.scenario.ask(licensing.StartPayment(subject_id=self.id, order_id=order_id))
        self.payment = await self.scenario.ask(licensing.ReadPayment(subject_id=self.id, payment_id=started.id))
        return self.payment

    async def provider_says(self, event: Any, amount: int | None = None) -> PaymentWebhook:
        """What the provider would post about the payment."""
        assert self.payment is not None
        play = licensing.PlaySandbox(reference=self.payment.reference, event=event, amount=amount)
        return PaymentWebhook(**(await self.scenario.ask(play)).model_dump())

    async def buy(self) -> None:
        """Order, pay and look at the key; the provider tells twice, as providers do."""
        await self.start_payment(await self.order())
        webhook = await self.provider_says("payment.confirmed")
        await self.scenario.ask(webhook)
        await self.scenario.ask(webhook)
        held = (await self.scenario.ask(licensing.ListLicenses(subject_id=self.id))).licenses
        assert len(held) == 1, "paid once, delivered once"
        self.key = await self.reveal(held[0].license_id)

    async def reveal(self, license_id: UUID) -> str:
        """Look at the key, as soon as the contract is confirmed by mail."""
        reveal = licensing.RevealLicense(subject_id=self.id, license_id=license_id)

        async def shown() -> str:
            try:
                return str((await self.scenario.ask(reveal)).key)
            except Refused as refused:
                if refused.problem.status != NOT_YET:
                    raise
                return ""

        return str(await eventually(shown))

    async def activate(self, device: str) -> licensing.Validation:
        """Bind a device with the key, as the vendor's program does."""
        answer: licensing.Validation = await self.scenario.ask(
            licensing.ActivateLicense(key=self.key, fingerprint=device)
        )
        return answer

    async def validate(self, device: str = "") -> licensing.Validation:
        """What the vendor's program hears about the key."""
        answer: licensing.Validation = await self.scenario.ask(
            licensing.ValidateLicense(key=self.key, fingerprint=device)
        )
        return answer

    async def subscribe(self) -> None:
        """The newsletter by double opt-in; waits until the consent rules in marketing."""
        before = sum(bool(CONFIRMING.search(text_of(m))) for m in self.scenario.smtp.mails_to(self.address))
        await self.scenario.ask(marketing.SubscribeNewsletter(email=self.address, language="pl", text_version="T-7"))
        token = await self.scenario.mailed(self.address, CONFIRMING, before + 1)
        await self.scenario.ask(marketing.ConfirmSubscription(token=token))
        await eventually(lambda: self.allowed("direct-marketing.email"))

    async def allowed(self, purpose: str, service: str = "marketing") -> bool | None:
        """What a service's replica says about a purpose; None when it says nothing."""
        sql = "SELECT allowed FROM permission WHERE subject_id = $1 AND purpose = $2"
        permission: bool | None = await self.scenario.rows[service].fetchval(sql, self.id, purpose)
        return permission

    async def ask_for_erasure(self, *, terminate: bool, language: Language = "pl") -> UUID:
        """Open a case as a member with a fresh session; answers the case id."""
        return await self.use_right("erasure", terminate_contract=terminate, language=language)

    async def use_right(self, right: Any, **wish: Any) -> UUID:
        """Open a case of some right; answers the case id."""
        token = uuid4().hex
        created = await self.scenario.ask(privacy.OpenCase(subject_id=self.id, right=right, token=token, **wish))
        self.token = token
        return UUID(str(created.id))

    async def case(self) -> privacy.Case:
        """The case as its person sees it, with nothing but the case token."""
        case: privacy.Case = await self.scenario.ask(privacy.ReadCase(token=self.token))
        return case

    async def until(self, state: str, patience_s: float = ANSWER_S) -> privacy.Case:
        """The case once it is in this state."""

        async def there() -> privacy.Case | None:
            case = await self.case()
            return case if case.state == state else None

        privacy_case: privacy.Case = await eventually(there, patience_s)
        return privacy_case

    async def erase(self, *, terminate: bool, language: Language = "pl") -> dict[str, Any]:
        """A whole erasure; answers the certificate."""
        await self.ask_for_erasure(terminate=terminate, language=language)
        await self.until("closed")
        return await self.certificate()

    async def certificate(self) -> dict[str, Any]:
        """The evidence."""
        certificate: dict[str, Any] = json.loads(
            (await self.scenario.ask(privacy.ReadCertificate(token=self.token))).document
        )
        return certificate


def entry(certificate: dict[str, Any], service: str, table: str, columns: str | None = None) -> dict[str, Any]:
    """What a participant reported for a table; with `columns` for those emptied in kept rows."""
    entries = [
        t
        for p in certificate["participants"]
        if p["service"] == service
        for t in p["tables"]
        if t["table"] == table and t.get("columns") == columns
    ]
    assert len(entries) == 1, f"{service}.{table} {columns or ''}: {entries}"
    return dict(entries[0])


@contextlib.asynccontextmanager
async def scenario_harness(servers: Servers, **settings: Any) -> AsyncIterator[Harness]:
    """A harness with all services' databases and queues, whose mail goes to nobody yet."""
    harness = await harnesses.build(servers, SERVICES, settings=SETTINGS | settings)
    try:
        yield harness
    finally:
        await harnesses.tear_down(harness)


@contextlib.asynccontextmanager
async def running_scenario(harness: Harness, *services: Service) -> AsyncIterator[Scenario]:
    """The services (all, unless some are named) at work behind a gateway until the block ends."""
    async with contextlib.AsyncExitStack() as stack:
        smtp = await stack.enter_async_context(mail_server())
        harness.settings["smtp_url"] = smtp.url
        resources = await stack.enter_async_context(harness.serve(*(services or SERVICES)))
        client = await stack.enter_async_context(harness.asking())
        opened = {name: await stack.enter_async_context(harness.superuser(name)) for name in harness.databases}
        yield Scenario(harness, resources, client, opened, smtp)


async def at_once(*waiting: Any) -> list[Any]:
    """Many at once; refusals are answers."""
    return list(await asyncio.gather(*waiting, return_exceptions=True))
