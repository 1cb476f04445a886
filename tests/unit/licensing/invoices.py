"""Invoices of every kind, for what is made of them."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from services.licensing.invoices.documents import Corrected, Money, buyer_of
from services.licensing.invoices.rules import Invoice
from services.licensing.vat.rules import NOTES

DAY = date(2026, 11, 29)
ACCOUNT = "PL61109010140000071219812874"
LONG = "Przedsiębiorstwo Usługowo-Handlowe „Źdźbło” Żółć-Gęślikowscy i Wspólnicy spółka jawna"


def invoice(**changed: Any) -> Invoice:
    columns: dict[str, Any] = {
        "invoice_id": UUID(int=1),
        "order_id": UUID(int=2),
        "number": "FV/2026/11/0015",
        "kind": "invoice",
        "cause": "",
        "corrects": None,
        "issued_on": DAY,
        "sold_on": DAY,
        "due_on": DAY,
        "settled_on": DAY,
        "bank_account": "",
        "seller": "NanoMedia Damian Kiełbasa",
        "seller_nip": "9222828810",
        "seller_address": "Łapiguz 10, 22-400 Zamość",
        "currency": "PLN",
        "buyer_name": "Anna Nowak",
        "buyer_company": "",
        "buyer_nip": "",
        "buyer_vat_number": "",
        "buyer_street": "Długa 1",
        "buyer_postal_code": "00-001",
        "buyer_city": "Warszawa",
        "buyer_country": "PL",
        "item": "Site Auditor, one year",
        "quantity": 2,
        "net": 79_800,
        "vat": 18_354,
        "gross": 98_154,
        "vat_rate": 2300,
        "vat_note": "",
        "retain_until": date(2032, 12, 31),
    }
    return Invoice(**(columns | changed))


SOLD = invoice()
DUE = invoice(settled_on=None, bank_account=ACCOUNT, due_on=date(2026, 12, 13))
FIRM = replace(DUE, buyer_company=LONG, buyer_nip="1234563218", quantity=100, net=8_990_000, vat=2_067_700)
ABROAD = {"buyer_name": "Eva Müller", "buyer_street": "Allee 2", "buyer_postal_code": "10623", "buyer_city": "Berlin"}
OSS = invoice(vat_note="OSS", vat_rate=1900, vat=15_162, gross=94_962, buyer_country="DE", **ABROAD)
REVERSE = replace(
    DUE, vat_note="odwrotne obciążenie", vat_rate=0, vat=0, gross=79_800, buyer_vat_number="DE136695976",
    buyer_company="Müller GmbH", buyer_country="DE",
)  # fmt: skip
HALF = invoice(number="KOR/2026/12/0001", kind="correction", cause="refund", net=-39_900, vat=-9_177, gross=-49_077)
RENAMED = invoice(
    number="KOR/2026/12/0002", kind="correction", cause="buyer", net=0, vat=0, gross=0, buyer_name="A. Nowa"
)
UNTAXED: dict[str, Any] = {"vat_rate": 0, "vat": 0, "gross": 79_800}
EXEMPT = invoice(vat_note=NOTES["exempt"], **UNTAXED)
SWISS = invoice(vat_note=NOTES["outside the EU"], buyer_country="CH", **UNTAXED)
BEFORE = Corrected("FV/2026/11/0015", DAY, Money(79_800, 18_354, 98_154), buyer_of(SOLD))
