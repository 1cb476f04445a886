"""What the accountant is handed, against rows that are reckoned by hand."""

import csv
import io
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from services.licensing.accounting import rules
from services.licensing.accounting.rules import Sale
from services.licensing.accounting.tables import Cells, csv_text
from services.licensing.vat.rules import NOTES
from shared.problems import Refused

DAY = date(2026, 11, 29)
ANNA = Sale(
    uuid4(), "FV/2026/11/0001", "invoice", None, DAY, DAY, DAY, DAY, "Anna Nowak", "", "", "", "PL", "Site Auditor", 2,
    79_800, 18_354, 98_154, 2300, "", "PLN",
)  # fmt: skip
FIRM = replace(ANNA, number="FV/2026/11/0002", buyer_company="Firma", buyer_nip="9222828810")
GERMAN: dict[str, Any] = {"buyer_country": "DE", "buyer_company": "GmbH", "buyer_vat_number": "DE136695976"}
REVERSE = replace(
    ANNA, number="FV/2026/11/0003", **GERMAN, vat_note="odwrotne obciążenie", vat=0, gross=79_800, vat_rate=0
)
SWISS = replace(REVERSE, number="FV/2026/11/0004", buyer_country="CH", buyer_vat_number="CHE107787577")
BACK = replace(ANNA, number="KOR/2026/11/0001", kind="correction", net=-39_900, vat=-9_177, gross=-49_077)
EVA = replace(
    ANNA, number="FV/2026/11/0005", buyer_country="DE", vat_note="OSS", vat_rate=1900, net=79_800, vat=15_162,
    gross=94_962,
)  # fmt: skip
RENAMED = replace(BACK, number="KOR/2026/11/0002", net=0, vat=0, gross=0)
EARLIER = replace(EVA, kind="correction", sold_on=date(2026, 9, 30), net=-10_000, vat=-1_900, gross=-11_900)


def shown(rows: Any, *columns: str) -> list[str]:
    table = csv.DictReader(io.StringIO(csv_text(rules.REGISTER, rows)))
    return ["|".join(row[column] for column in columns) for row in table]


def test_the_columns_of_the_vat_register() -> None:
    rows = list(rules.register([ANNA, FIRM, EVA, REVERSE, SWISS, BACK, RENAMED]))
    assert shown(rows, "LpSprzedazy", "KodKrajuNadaniaTIN", "NrKontrahenta", "NazwaKontrahenta", "K_19", "K_20") == [
        "1||BRAK|Anna Nowak|798.00|183.54",
        "2||9222828810|Firma|798.00|183.54",
        "3|DE|136695976|GmbH||",
        "4|CH|CHE107787577|GmbH||",
        "5||BRAK|Anna Nowak|-399.00|-91.77",
    ]
    assert shown(rows, "K_11", "K_12") == ["|", "|", "798.00|798.00", "798.00|", "|"]
    assert set(shown(rows, "DataWystawienia", "DataSprzedazy", "NrKSeF", "BFK")) == {"2026-11-29|||1"}
    with pytest.raises(Refused):
        list(rules.register([replace(ANNA, vat_rate=1234)]))


def test_exempt_sales_and_those_outside_the_union_have_columns_of_their_own() -> None:
    untaxed = replace(ANNA, vat=0, gross=79_800, vat_rate=0)
    exempt, swiss = replace(untaxed, vat_note=NOTES["exempt"]), replace(untaxed, vat_note=NOTES["outside the EU"])
    assert shown(rules.register([exempt, swiss]), "K_10", "K_11", "K_12") == ["798.00||", "|798.00|"]


def test_the_oss_return_by_country_rate_and_quarter() -> None:
    rates = {"2026-Q4": "4.2500", "2026-Q3": "4.2000"}
    czech = replace(EVA, buyer_country="CZ", vat_rate=2100, vat=16_758, gross=96_558)
    rows = list(rules.oss_return([EVA, EVA, czech, EARLIER, replace(EVA, net=0, vat=0, gross=0)], "2026-Q4", rates))
    assert [row.split(",") for row in csv_text(rules.OSS, rows).split()[1:]] == [
        ["supply", "CZ", "21.00", "2026-Q4", "798.00", "167.58", "4.2500", "187.76", "39.43"],
        ["supply", "DE", "19.00", "2026-Q4", "1596.00", "303.24", "4.2500", "375.53", "71.35"],
        ["correction", "DE", "19.00", "2026-Q3", "-100.00", "-19.00", "4.2000", "-23.81", "-4.52"],
    ]
    with pytest.raises(Refused) as refused:
        list(rules.oss_return([EARLIER], "2026-Q4", {"2026-Q4": "4.2500"}))
    assert refused.value.problem.errors[0].message == "of 2026-Q3"


@pytest.mark.parametrize("text", ["=1+1", "+48", "-1", "@SUM(A1)", "\tx", "\r=1", "  =1"])
def test_no_cell_of_a_buyer_runs_as_a_formula(text: str) -> None:
    row: Cells = next(iter(rules.ledger([replace(BACK, buyer_name=text, buyer_company=text, item=text)])))
    read = next(csv.DictReader(io.StringIO(csv_text(rules.LEDGER, [row]), newline="")))
    assert {read["buyer"], read["company"], read["item"]} == {f"'{text}"}
    assert (read["net"], read["treatment"], read["settled_on"]) == ("-399.00", "domestic", "2026-11-29")


@pytest.mark.parametrize(
    ("quarter", "first", "end"),
    [("2026-Q1", date(2026, 1, 1), date(2026, 4, 1)), ("2026-Q4", date(2026, 10, 1), date(2027, 1, 1))],
)
def test_the_days_of_a_quarter(quarter: str, first: date, end: date) -> None:
    assert rules.days_of_quarter(quarter) == (first, end)
    assert rules.quarter_of(first) == quarter != rules.quarter_of(end)


def test_the_days_of_a_month_and_of_a_ledger() -> None:
    assert rules.days_of_month("2026-12") == (date(2026, 12, 1), date(2027, 1, 1))
    assert rules.days_of_month("2026-02") == (date(2026, 2, 1), date(2026, 3, 1))
    rules.check_days(date(2026, 1, 1), date(2026, 12, 31))
    for first, last in ((date(2026, 2, 1), date(2026, 1, 1)), (date(2026, 1, 1), date(2027, 1, 2))):
        with pytest.raises(Refused):
            rules.check_days(first, last)
