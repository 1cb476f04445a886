"""What goes to KSeF: valid documents of every kind of sale, and the days until which they are due."""

from base64 import urlsafe_b64decode
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from services.licensing.invoices.documents import Corrected, buyer_of
from services.licensing.invoices.rules import Invoice
from services.licensing.ksef.account import Account, Certificate
from services.licensing.ksef.documents import fa3
from services.licensing.ksef.links import certificate_link, invoice_link
from services.licensing.ksef.rules import Outage, OutageKind, due_on, is_owed
from services.licensing.settings import LicensingSettings
from shared.law.calendar import WARSAW
from shared.law.case_clock import working_days_after
from tests.unit.licensing import invoices
from tests.unit.licensing.invoices import ACCOUNT, BEFORE, FIRM, HALF, LONG, RENAMED, REVERSE, SOLD, invoice

NUMBER = "9222828810-20261129-010080615740-E4"
FOREIGN = replace(invoices.SWISS, buyer_company="Alpen AG", buyer_vat_number="CHE107787577IVA")


def said(issued: Invoice, corrected: Corrected | None = None, number: str | None = None) -> dict[str, list[str]]:
    """The texts of the document by the names of their elements; that it is valid, `fa3` has seen to."""
    texts: dict[str, list[str]] = {}
    for element in ET.fromstring(fa3(issued, corrected, number)).iter():  # noqa: S314 our own
        if element.text and element.text.strip():
            texts.setdefault(element.tag.rpartition("}")[2], []).append(element.text)
    return texts


@pytest.mark.parametrize(
    ("issued", "expected"),
    [
        (SOLD, {"P_2": ["FV/2026/11/0015"], "P_13_1": ["798.00"], "P_14_1": ["183.54"], "P_15": ["981.54"]}),
        (SOLD, {"BrakID": ["1"], "DataZaplaty": ["2026-11-29"], "P_9A": ["399"], "P_8B": ["2"], "P_12": ["23"]}),
        (FIRM, {"NIP": ["9222828810", "1234563218"], "NrRB": [ACCOUNT], "Termin": ["2026-12-13"], "P_6": None}),
        (FIRM, {"Nazwa": ["NanoMedia Damian Kiełbasa", LONG], "AdresL1": ["Łapiguz 10, 22-400 Zamość", "Długa 1"]}),
        (REVERSE, {"P_13_9": ["798.00"], "P_18": ["1"], "KodUE": ["DE"], "NrVatUE": ["136695976"], "P_12": ["np II"]}),
        (REVERSE, {"PrefiksPodatnika": ["PL"], "KodKraju": ["PL", "DE"]}),
        (FOREIGN, {"P_13_8": ["798.00"], "NrID": ["CHE107787577IVA"], "P_12": ["np I"], "P_18": ["2"]}),
        (invoices.EXEMPT, {"P_13_7": ["798.00"], "P_19": ["1"], "P_19A": ["art. 113 ust. 1 ustawy o VAT"]}),
        (invoices.OSS, {"P_13_5": ["798.00"], "P_14_5": ["151.62"], "P_12_XII": ["19"], "P_15": ["949.62"]}),
    ],
)
def test_each_kind_of_sale_is_said_in_its_own_fields(issued: Invoice, expected: dict[str, list[str] | None]) -> None:
    texts = said(issued)
    assert {name: texts.get(name) for name in expected} == expected


def test_a_correction_says_what_stood_before_and_what_stands_after() -> None:
    texts = said(HALF, BEFORE, NUMBER)
    assert texts["RodzajFaktury"] == ["KOR"]
    assert texts["NrKSeFFaKorygowanej"] == [NUMBER]
    assert texts["NrFaKorygowanej"] == ["FV/2026/11/0015"]
    assert texts["P_11"] == ["798.00", "399.00"]
    assert (texts["P_13_1"], texts["P_14_1"], texts["P_15"]) == (["-399.00"], ["-91.77"], ["-490.77"])
    assert said(HALF, BEFORE)["NrKSeFN"] == ["1"]  # what it corrects is not in KSeF


def test_a_correction_to_zero_and_one_of_the_buyer_are_valid_too() -> None:
    gone = invoice(
        number="KOR/2026/12/0003", kind="correction", cause="refund", net=-79_800, vat=-18_354, gross=-98_154
    )
    assert said(gone, BEFORE, NUMBER)["P_15"] == ["-981.54"]
    texts = said(RENAMED, BEFORE, NUMBER)
    assert texts["Nazwa"] == ["NanoMedia Damian Kiełbasa", "A. Nowa", "Anna Nowak"]
    assert texts["P_15"] == ["0.00"]


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 100), st.integers(1, 10_000_000), st.integers(0, 100), st.sampled_from((500, 800, 2300)))
def test_whatever_is_sold_and_refunded_makes_valid_documents(quantity: int, unit: int, part: int, rate: int) -> None:
    net = quantity * unit
    vat = (net * rate + 5000) // 10000
    sold = invoice(quantity=quantity, net=net, vat=vat, gross=net + vat, vat_rate=rate)
    back = replace(HALF, quantity=quantity, vat_rate=rate, net=-net * part // 100, vat=-vat * part // 100)
    back = replace(back, gross=back.net + back.vat)
    before = replace(BEFORE, money=replace(BEFORE.money, net=net, vat=vat, gross=net + vat), buyer=buyer_of(sold))
    assert said(sold)["P_15"] == [f"{(net + vat) / 100:.2f}"]
    assert said(back, before, NUMBER)["P_15"] == [f"{back.gross / 100:.2f}"]


def account(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None) -> Account:
    certificate = None
    if key is not None:
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        certificate = Certificate("01F20A5D352AE590", SecretStr(pem))
    since = date(2026, 1, 1)
    return Account(
        "http://127.0.0.1", SecretStr("t"), "9222828810", since, False, "", "https://qr.example", certificate
    )


def test_the_link_of_an_invoice_names_seller_day_and_hash() -> None:
    told = "LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ"  # of "hello", by sha256sum
    assert invoice_link(account(None), SOLD, b"hello") == f"https://qr.example/invoice/9222828810/29-11-2026/{told}"
    assert certificate_link(account(None), SOLD, b"hello") == ""


def test_the_link_of_the_issuer_is_signed_without_its_scheme() -> None:
    elliptic, other = ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048)
    for key in (elliptic, other):
        said, _, signature = certificate_link(account(key), SOLD, b"hello").rpartition("/")
        assert said == (
            "https://qr.example/certificate/Nip/9222828810/9222828810/01F20A5D352AE590"
            "/LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ"
        )
        signed, proof = said.removeprefix("https://").encode(), urlsafe_b64decode(signature + "==")
        if isinstance(key, rsa.RSAPrivateKey):
            key.public_key().verify(proof, signed, PSS(MGF1(SHA256()), 32), SHA256())
        else:
            r, s = (int.from_bytes(half) for half in (proof[:32], proof[32:]))
            key.public_key().verify(encode_dss_signature(r, s), signed, ec.ECDSA(SHA256()))


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"ksef_url": "https://api.ksef.mf.gov.pl"}, "KSEF_TOKEN"),
        ({"ksef_certificate_serial": "01F2"}, "KSEF_CERTIFICATE_KEY"),
        ({"ksef_certificate_serial": "no number"}, "ksef_certificate_serial"),
        ({"ksef_since": "someday"}, "ksef_since"),
    ],
)
def test_settings_that_are_wrong_are_named(said: dict[str, str], named: str) -> None:
    known = {"amqp_url": "amqp://127.0.0.1", "database_url": "postgresql://127.0.0.1/x", "keys": f"1:{'k' * 43}"}
    with pytest.raises(ValidationError, match=named):
        LicensingSettings.model_validate(known | said)


FRIDAY, MONDAY, TUESDAY = date(2026, 11, 27), date(2026, 11, 30), date(2026, 12, 1)


def outage(kind: OutageKind, first: date, last: date | None) -> Outage:
    noon = [datetime(day.year, day.month, day.day, 12, tzinfo=WARSAW) if day else None for day in (first, last)]
    assert noon[0] is not None
    return Outage(kind, noon[0], noon[1])


@pytest.mark.parametrize(
    ("issued_on", "outages", "last"),
    [
        (FRIDAY, (), MONDAY),  # offline24: the next working day
        (date(2026, 12, 24), (), date(2026, 12, 28)),  # Christmas and Sunday between
        (FRIDAY, (outage("MAINTENANCE", FRIDAY, MONDAY),), TUESDAY),
        (FRIDAY, (outage("MAINTENANCE", MONDAY, TUESDAY),), MONDAY),  # it was issued before
        (FRIDAY, (outage("MAINTENANCE", FRIDAY, None),), None),
        (FRIDAY, (outage("FAILURE", FRIDAY, FRIDAY),), date(2026, 12, 8)),
        (FRIDAY, (outage("FAILURE", MONDAY, MONDAY),), date(2026, 12, 9)),  # before the term was over
        (FRIDAY, (outage("FAILURE", TUESDAY, TUESDAY),), MONDAY),  # after it
        (FRIDAY, (outage("FAILURE", MONDAY, None),), None),
        (FRIDAY, (outage("MAINTENANCE", FRIDAY, MONDAY), outage("FAILURE", TUESDAY, TUESDAY)), date(2026, 12, 10)),
    ],
)
def test_the_last_day_for_sending(issued_on: date, outages: Sequence[Outage], last: date | None) -> None:
    assert due_on(issued_on, outages) == last
    assert is_owed(issued_on, outages)


def test_what_was_issued_in_a_total_failure_is_never_sent() -> None:
    failure = outage("TOTAL_FAILURE", FRIDAY, MONDAY)
    assert [is_owed(FRIDAY + timedelta(days=days), (failure,)) for days in range(-1, 5)] == [
        True, False, False, False, False, True,
    ]  # fmt: skip
    assert not is_owed(TUESDAY, (outage("TOTAL_FAILURE", FRIDAY, None),))


days = st.dates(date(2026, 1, 1), date(2030, 12, 31))
kinds = st.sampled_from(("MAINTENANCE", "FAILURE"))
outages = st.builds(
    lambda kind, first, length: outage(kind, first, first + timedelta(days=length)), kinds, days, st.integers(0, 9)
)


@given(days, st.lists(outages, max_size=4))
def test_an_outage_never_leaves_less_time(issued_on: date, there: list[Outage]) -> None:
    usual = working_days_after(issued_on, 1)
    assert (due_on(issued_on, there) or usual) >= usual
