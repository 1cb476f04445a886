"""An invoice as a document: all that the law wants on it, in the buyer's language, and the same bytes each time."""

import hashlib
import io
import subprocess
import sys
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from services.licensing.invoices.documents import Corrected, amount, document
from services.licensing.invoices.pdf import pdf
from services.licensing.invoices.rules import Invoice
from shared.pdf.sheet import run_lengths
from tests.unit.licensing.invoices import BEFORE, DUE, EXEMPT, FIRM, HALF, OSS, RENAMED, REVERSE, SOLD, SWISS


def text(issued: Invoice, corrected: Corrected | None = None) -> str:
    pages = PdfReader(io.BytesIO(pdf(document(issued, corrected)))).pages
    return " ".join(" ".join(page.extract_text() for page in pages).replace("\N{NO-BREAK SPACE}", " ").split())


@pytest.mark.parametrize(
    ("issued", "corrected", "said"),
    [
        (SOLD, None, ("Faktura FV/2026/11/0015|Data wystawienia 2026-11-29|Data sprzedaży 2026-11-29|Anna Nowak|Długa 1"
         "|NIP: 9222828810|Łapiguz 10, 22-400 Zamość|Site Auditor, one year 2 szt. 399,00 798,00 23% 183,54 981,54"
         "|23% 798,00 183,54 981,54|Razem|Zapłacono 981,54 PLN")),
        (FIRM, None, ("NIP: 1234563218|Źdźbło|100 szt. 899,00 89 900,00 23% 20 677,00|Do zapłaty|przelew"
         "|Termin płatności 2026-12-13|PL61 1090 1014 0000 0712 1981 2874|Tytuł przelewu FV/2026/11/0015")),
        (OSS, None, "Faktura / Invoice FV|Nabywca / Buyer|Eva Müller|DE|19% 151,62 949,62|Procedura unijna OSS|(DE)"),
        (REVERSE, None, "odwrotne obciążenie / reverse charge|NP 0,00 798,00|DE136695976|NIP: PL9222828810|Müller"),
        (EXEMPT, None, "zw. 0,00 798,00|Zwolnienie z VAT: art. 113 ust. 1 ustawy o VAT"),
        (SWISS, None, "NP 0,00 798,00|NP: nie podlega opodatkowaniu w Polsce / NP: not taxed in Poland"),
        (HALF, BEFORE, ("Faktura korygująca KOR/2026/12/0001|Do faktury FV/2026/11/0015 z dnia 2026-11-29|zwrot"
         "|Przed korektą|798,00 23% 183,54 981,54|Po korekcie|399,00 23% 91,77 490,77|-399,00 23% -91,77 -490,77")),
        (RENAMED, BEFORE, "błędne dane nabywcy|Nabywca przed korektą|Anna Nowak|Nabywca po korekcie|A. Nowa|bez zmian"),
    ],
    ids=["domestic", "a firm by transfer", "OSS", "reverse charge", "exempt", "outside the EU", "half goes back",
         "buyer named rightly"],
)  # fmt: skip
def test_it_says_what_the_law_wants(issued: Invoice, corrected: Corrected | None, said: str) -> None:
    shown = text(issued, corrected)
    assert [part for part in said.split("|") if part not in shown] == [], shown
    assert "Invoice" not in shown or issued.buyer_country != "PL", "buyers in Poland read Polish alone"


def test_what_is_not_on_it() -> None:
    """A later payment does not change it, and what an erased row does not hold any more leaves no empty label."""
    assert document(replace(DUE, settled_on=date(2026, 12, 1)), None) == document(DUE, None)
    assert document(DUE, None) != document(SOLD, None)
    emptied = replace(SOLD, buyer_name="", buyer_street="", buyer_postal_code="", buyer_city="")
    assert document(emptied, None).parties[1].lines == ()
    undone = replace(HALF, net=39_900, vat=9_177, gross=49_077)
    assert document(undone, BEFORE).facts[-1] == ("Przyczyna korekty", "cofnięcie zwrotu")


def test_what_a_banking_app_reads() -> None:
    code = document(DUE, None).codes[0].text
    name, title = "NanoMedia Damian Kie", "FV/2026/11/0015"
    assert code == f"9222828810|PL|61109010140000071219812874|098154|{name}|{title}|||"
    others = (SOLD, HALF, replace(DUE, bank_account="DE89370400440532013000"), replace(DUE, gross=1_000_000))
    assert [document(each, None).codes for each in others] == [()] * 4


def digests() -> list[str]:
    made = (pdf(document(issued, None)) for issued in (SOLD, REVERSE))
    return [hashlib.sha256(content).hexdigest() for content in made]


AS_EVER = [
    "f6233d4448f2ef98d03f5fd244041232a94f47f25a44ea7a6bc3e6e4e6bef8ef",
    "b8309f9014f3097ed49a0d6cb7f5175b2eaf53ed5924e3c41c8f40665683de00",
]
"""A new version of fpdf2 or fonttools may change them: then invoices handed out before have other bytes than now."""


def test_the_same_row_makes_the_same_bytes_in_another_process_and_on_another_machine() -> None:
    program = f"from {__name__} import digests; print(*digests(), sep='\\n')"
    other = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60)
    assert other.stdout.split() == digests() == AS_EVER


@given(st.lists(st.tuples(st.sampled_from([b"\x00", b"a", b"\x80"]), st.integers(1, 300))))
def test_run_lengths_are_read_back(runs: list[tuple[bytes, int]]) -> None:
    plain = b"".join(byte * count for byte, count in runs)
    encoded, read, place = run_lengths(plain), b"", 0
    while encoded[place] != 128:
        length = encoded[place]
        part = (
            encoded[place + 1 : place + 2 + length] if length < 128 else encoded[place + 1 : place + 2] * (257 - length)
        )
        read, place = read + part, place + 2 + (length if length < 128 else 0)
    assert read == plain
    assert place == len(encoded) - 1


@pytest.mark.parametrize(
    ("grosze", "written"), [(0, "0,00"), (5, "0,05"), (-123_456, "-1 234,56"), (123_456_789, "1 234 567,89")]
)
def test_amounts_are_written_in_one_way(grosze: int, written: str) -> None:
    assert amount(grosze).replace("\N{NO-BREAK SPACE}", " ") == written
