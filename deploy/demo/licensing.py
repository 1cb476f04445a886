"""`./lethe demo licensing`: from a quote to the key, a device without a network, a withdrawal, a chargeback."""

import asyncio
import runpy
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy import broker
from deploy.demo.failures import PATIENCE_S, DemoFailed
from deploy.demo.officer import Officer, enrolled
from deploy.demo.person import DEVICE, Person
from deploy.demo.story import arrived
from deploy.local import mailbox, system
from deploy.local.folders import PROJECT, private_folder
from deploy.local.system import System
from shared.messaging.request_client import RequestClient

FOLDER = "licensing"
VERIFIER = PROJECT / "docs" / "verifiers" / "lethe_license.py"
BUYERS = (
    ("a person in Poland", {"country": "PL"}),
    ("a person in Hungary", {"country": "HU"}),
    ("a firm in Germany", {"country": "DE", "kind": "company", "vat_number": "DE136695976"}),
)
ANOTHER = "demo-device-0002"


async def play(running: System, console: Console, seed: int) -> dict[str, Any]:
    """Play everything; answers the figures. Raises DemoFailed when a promise was not kept."""
    began, folder = perf_counter(), private_folder(running.folder / FOLDER)
    console.print("[bold]1.[/] Somebody buys; what others would pay")
    person = await arrived(running, console, seed)
    quoted = quote(person, console)
    console.print("[bold]2.[/] Every seat, and one device more")
    seats(person, console)
    console.print("[bold]3.[/] A license file, for a device that works without a network")
    name, usable_days = offline(person, folder)
    console.print(f"   {name}: usable for {usable_days} days; one changed character, another device: refused")
    console.print("[bold]4.[/] A second purchase, and second thoughts before its key was seen")
    client = RequestClient(broker.in_virtual_host(running.servers.amqp_url, system.VIRTUAL_HOST), "demo", PATIENCE_S)
    try:
        refunded = await withdraw(person, client, quoted, console)
        console.print("[bold]5.[/] A third purchase, whose payment the bank takes back")
        disputed = await dispute(person, client, console)
    finally:
        await client.close()
    finance = await enrolled(running, "finance")
    await asyncio.to_thread(documents, person, finance, folder, console)
    figures = {"quoted": quoted, "refunded": refunded, "disputed": disputed, "file_usable_days": usable_days}
    return figures | {"seconds": round(perf_counter() - began, 1)}


def quote(person: Person, console: Console) -> int:
    """What different buyers pay; answers what this one does, in grosze."""
    product = person.call("GET", "/products").json()["products"][0]["code"]
    table = Table("buyer", "net", "VAT", "gross", "taxed")
    quotes = [person.call("POST", "/quotes", {"product": product, **buyer}).json() for _, buyer in BUYERS]
    for (name, _), told in zip(BUYERS, quotes, strict=True):
        money = (f"{told[part] / 100:.2f} {told['currency']}" for part in ("net", "vat", "gross"))
        table.add_row(name, *money, f"{told['taxation']}, {told['vat_rate'] / 100:g} %")
    console.print(table)
    return int(quotes[0]["gross"])


def seats(person: Person, console: Console) -> None:
    """Take all seats, and see that there is none beyond. Raises DemoFailed when there is."""
    there = person.call("GET", "/licenses").json()["licenses"][0]["device_limit"]
    codes = [person.activate(device) for device in (DEVICE, *(f"demo-device-9{n:03}" for n in range(there)))]
    console.print(f"   {', '.join(codes)}")
    _check("the devices", codes, [*["VALID"] * there, "TOO_MANY_DEVICES"])


def offline(person: Person, folder: Path) -> tuple[Path, int]:
    """Keep a license file and check it as a program would. Raises DemoFailed when the wrong one passes."""
    nonce = secrets.token_urlsafe(12)
    asked = {"key": person.license_key, "fingerprint": DEVICE, "nonce": nonce}
    text = person.call("POST", "/licenses/files", asked).json()["file"]
    name = folder / "license.lethe"
    name.write_text(text, encoding="ascii")
    keys, now = person.call("GET", "/.well-known/lethe-keys").json(), time.time()
    check: Callable[..., tuple[str, dict[str, Any]]] = runpy.run_path(str(VERIFIER))["check"]
    refusal, said = check(text, keys, person.license_key, DEVICE, nonce, now, now)
    _check("the license file", refusal, "")
    middle = len(text) // 2
    changed = text[:middle] + ("A" if text[middle] != "A" else "B") + text[middle + 1 :]
    _check("a changed file", check(changed, keys, person.license_key, DEVICE, nonce, now, now)[0], "bad_signature")
    _check("another device", check(text, keys, person.license_key, ANOTHER, nonce, now, now)[0], "other_device")
    return name, int((said["usable_until"] - now) // 86_400)


async def withdraw(person: Person, client: RequestClient, quoted: int, console: Console) -> int:
    """Buy at the price that was told, and withdraw in two steps; answers what goes back, in grosze."""
    order_id = person.order(expected_gross=quoted)
    await person.pay(client, order_id)
    offer = person.call("POST", f"/orders/{order_id}/withdrawal").json()
    console.print(f"   may withdraw until {offer['last_day']}; {offer['amount'] / 100:.2f} PLN would go back")
    done = person.call("POST", f"/orders/{order_id}/withdrawal/confirm").json()
    orders = person.call("GET", "/orders").json()["orders"]
    _check("the order", next(each["state"] for each in orders if each["order_id"] == order_id), "refunded")
    _check("the refund", done["amount"], quoted)
    console.print(f"   withdrawn at {done['stated_at']}; by {done['back_by']}, until {done['refund_by']}")
    return int(done["amount"])


async def dispute(person: Person, client: RequestClient, console: Console) -> int:
    """A license that rests while its payer's bank disputes the payment, and ends with the money; answers the amount."""
    order_id = person.order()
    reference = await person.pay(client, order_id)
    states = []
    for event in ("dispute.opened", "dispute.lost"):
        await person.hear(client, reference, event)
        licenses = person.call("GET", "/licenses").json()["licenses"]
        states += [each["state"] for each in licenses if each["order_id"] == order_id]
    _check("the license", states, ["suspended", "ended"])
    invoices = person.call("GET", "/invoices").json()["invoices"]
    taken = [each["gross"] for each in invoices if each["order_id"] == order_id and each["kind"] == "correction"]
    _check("the corrections", len(taken), 1)
    console.print(f"   suspended at once, then ended; {-taken[0] / 100:.2f} PLN are corrected, nobody sends them twice")
    return -int(taken[0])


def documents(person: Person, finance: Officer, folder: Path, console: Console) -> None:
    """The letter that confirms the contract, the invoice and what corrects it, on disk, and each as KSeF takes it.

    Raises DemoFailed.
    """
    letter = mailbox.wait_for(person.mailbox, person.email, "zawarcia umowy", PATIENCE_S)
    name = folder / "contract.txt"
    name.write_text(letter.get_content(), encoding="utf-8")
    console.print(f"   the contract by letter: {name}", soft_wrap=True)
    for invoice in person.call("GET", "/invoices").json()["invoices"]:
        document = person.call("GET", f"/invoices/{invoice['invoice_id']}/document").content
        if not document.startswith(b"%PDF-"):
            raise DemoFailed(f"{invoice['number']} came as no PDF")
        name = folder / f"{invoice['number'].replace('/', '-')}.pdf"
        name.write_bytes(document)
        structured = finance.call("GET", f"/staff/ksef/invoices/{invoice['invoice_id']}/document").content
        name.with_suffix(".xml").write_bytes(structured)
        console.print(f"   {invoice['kind']}: {name}, and as XML", soft_wrap=True)


def _check(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise DemoFailed(f"{what}: {found} instead of {expected}")
