"""One person's way through the system, over HTTP as a browser would go it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from deploy.demo.failures import PATIENCE_S
from deploy.demo.waiting import until
from deploy.local import mailbox
from shared.contracts import licensing
from shared.messaging.request_client import RequestClient

DEVICE = "demo-device-0001"
CODE = re.compile(r"(?<![-\w])(\d{8})(?![-\w])")  # and not the first part of an id
NOT_YET = 409
LINK_TOKEN = re.compile(r"token[=:/ ]+([A-Za-z0-9_.~-]{20,})|confirm[a-z]*[/#?=]+([A-Za-z0-9_.~-]{20,})")


@dataclass
class Person:
    """Somebody with a browser and a mailbox; nobody real."""

    gateway: str
    mailbox: Path
    seed: int
    password: str = "correct horse battery staple"  # noqa: S105 of a demonstration
    session: str = ""
    license_key: str = ""
    case_token: str = ""
    values: list[str] = field(default_factory=list)

    # An interrupted demonstration leaves its person behind: the next one's values must not be found in hers.
    @property
    def email(self) -> str:
        return f"wislawa.przybyslawska.{self.seed}@example.com"

    @property
    def full_name(self) -> str:
        return f"Wisława Przybysławska-{spelled(self.seed)}"

    @property
    def street(self) -> str:
        return f"Łąkowa {1000 + self.seed}/99"

    @property
    def phone(self) -> str:
        return f"+48 609 {self.seed // 1000 % 1000:03} {self.seed % 1000:03}"

    def call(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> httpx.Response:
        """One HTTP call; a problem raises with its title."""
        return _checked(self.send(method, path, body, headers))

    def send(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> httpx.Response:
        """One HTTP call, whatever it is answered with."""
        sent = dict(headers or {})
        if self.session:
            sent["Authorization"] = f"Bearer {self.session}"
        return httpx.request(method, self.gateway + path, json=body, headers=sent, timeout=PATIENCE_S, trust_env=False)

    def register(self) -> None:
        """Sign up, confirm the mailed code, sign in."""
        details = {
            "email": self.email,
            "password": self.password,
            "full_name": self.full_name,
            "street": self.street,
            "postal_code": "22-400",
            "city": "Zamość",
            "phone": self.phone,
        }
        token = self.call("POST", "/accounts", details).json()["token"]
        mail = mailbox.wait_for(self.mailbox, self.email, "", PATIENCE_S)
        code = _first(CODE, mail.get_content())
        self.call("POST", "/email-verifications", {"email": self.email, "token": token, "code": code})
        self.session = self.call("POST", "/sessions", {"email": self.email, "password": self.password}).json()["token"]
        self.values = [self.email, self.full_name, self.street, self.phone]

    async def buy(self, provider: RequestClient) -> str:
        """Order, pay with the sandbox provider, activate; answers the invoice's number."""
        await self.pay(provider, self.order())
        bought = self.call("GET", "/licenses").json()["licenses"][0]
        self.license_key = await until("the confirmation of the contract", partial(self._key, bought["license_id"]))
        self.validate_license(activate=True)
        self.values.append(self.license_key)
        return str(self.call("GET", "/invoices").json()["invoices"][0]["number"])

    def order(self, **changed: Any) -> str:
        """Order what is first in the catalogue; answers the id of the order."""
        order = {
            "product": self.call("GET", "/products").json()["products"][0]["code"],
            "terms_version": self.call("GET", "/terms").json()["version"],
            "accepts_terms": True,
            "wants_immediate_delivery": True,
            "knows_withdrawal_lapses": True,
        }
        return str(self.call("POST", "/orders", order | changed, once()).json()["id"])

    async def pay(self, provider: RequestClient, order_id: str) -> str:
        """Pay an order with the sandbox provider; answers the reference of the payment."""
        payment = self.call("POST", f"/orders/{order_id}/payments", headers=once()).json()
        await self.hear(provider, payment["reference"], "payment.confirmed")
        return str(payment["reference"])

    async def hear(self, provider: RequestClient, reference: str, event: Any) -> None:
        """The provider tells of a payment."""
        self._deliver(await provider.request(licensing.PlaySandbox(reference=reference, event=event)))

    async def _key(self, license_id: str) -> str | None:
        """Nothing while the letter that confirms the contract is on its way."""
        answer = self.send("GET", f"/licenses/{license_id}/key")
        return None if answer.status_code == NOT_YET else str(_checked(answer).json()["key"])

    def _deliver(self, webhook: licensing.SignedWebhook) -> None:
        """The provider's message, sent twice as providers do."""
        headers = {
            "webhook-id": webhook.webhook_id,
            "webhook-timestamp": webhook.timestamp,
            "webhook-signature": webhook.signature,
            "content-type": "application/json",
        }
        for _ in range(2):
            url = f"{self.gateway}/webhooks/payments"
            answer = httpx.post(url, content=webhook.body, headers=headers, timeout=PATIENCE_S, trust_env=False)
            answer.raise_for_status()

    def validate_license(self, *, activate: bool = False) -> str:
        """What the vendor's program asks; answers the code."""
        return self._ask_license("activate" if activate else "validate", DEVICE)

    def activate(self, device: str) -> str:
        """Take a seat, or try to; answers the code."""
        return self._ask_license("activate", device)

    def _ask_license(self, route: str, device: str) -> str:
        body = {"key": self.license_key, "fingerprint": device}
        return str(self.call("POST", f"/licenses/{route}", body).json()["code"])

    def subscribe(self) -> None:
        """Double opt-in: enter the address, post the token from the mail."""
        words = {"email": self.email, "text_version": "T-1", "language": "pl"}
        self.call("POST", "/newsletter/subscriptions", words)
        mail = mailbox.wait_for(self.mailbox, self.email, "newsletter", PATIENCE_S)
        token = _first(LINK_TOKEN, mail.get_content())
        self.call("POST", "/newsletter/confirmations", {"token": token})

    def ask_for_erasure(self) -> dict[str, Any]:
        """Ask to be erased and to end the contract; answers the case."""
        return self.use_right("erasure", {"terminate_contract": True})

    def use_right(self, right: str, asks: Mapping[str, Any]) -> dict[str, Any]:
        """Use a right, after the password; keeps the case token and answers the case."""
        self.call("POST", "/me/reauthentication", {"password": self.password})
        self.case_token = self.call("POST", "/me/privacy-requests", {"right": right, **asks}).json()["token"]
        return self.case()

    def take_back(self) -> None:
        """Withdraw the case, by the token that leads to it."""
        self.call("DELETE", f"/privacy-requests/{self.case_token}")

    def case(self) -> dict[str, Any]:
        """The case as its person sees it, with nothing but the case token."""
        return self._followed("")

    def certificate(self) -> dict[str, Any]:
        return self._followed("/certificate")

    def _followed(self, page: str) -> dict[str, Any]:
        url = f"{self.gateway}/privacy-requests/{self.case_token}{page}"
        document: dict[str, Any] = httpx.get(url, timeout=PATIENCE_S, trust_env=False).raise_for_status().json()
        return document


def once() -> dict[str, str]:
    """What makes repeating a request do nothing more."""
    return {"Idempotency-Key": f"demo-{uuid4().hex}"}


SYLLABLES = ("ba", "ce", "di", "fo", "gu", "ka", "le", "mi", "no", "ru")


def spelled(number: int) -> str:
    """A number as a surname."""
    return "".join(SYLLABLES[int(digit)] for digit in str(number)).capitalize()


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.is_error:
        sent = answer.request
        raise RuntimeError(f"{sent.method} {sent.url.path} answered {answer.status_code}: {answer.text[:300]}")
    return answer


def _first(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    if match is None:
        raise RuntimeError("the mail does not hold what it should")
    return next(group for group in match.groups() if group)
