"""The record of Art. 30(1) and 30(2): complete, from the same source as the notice, in three formats."""

import csv
import io
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from deploy.local import system
from services.licensing.app import SERVICE as LICENSING
from services.marketing.app import SERVICE as MARKETING
from services.privacy.documents.record.checklist import Item, missing
from services.privacy.documents.record.composition import compose
from services.privacy.documents.record.edition import Incomplete, drafted
from services.privacy.documents.record.model import Edition, OnBehalf, Past, Record
from services.privacy.documents.record.pages import COLUMNS, Format, render
from services.privacy.register.entries import Hosted, Text
from services.privacy.register.loading import load
from shared.personal_data.announced_map import announced

DAY = date(2027, 1, 4)
REGISTER = load()
MAPS = {name: announced(system.service(name).data_map) for name in system.SERVICES}
RECORD = compose(REGISTER, MAPS, "en", DAY)


def page(shape: Format, record: Record = RECORD) -> str:
    past = (Past(version=1, published_on=DAY),)
    return render(Edition(version=2, as_of=DAY, record=record, history=past), shape)


def lines(record: Record = RECORD) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(page("csv", record))))


def test_example_24_the_record_is_filled_from_the_live_configuration() -> None:
    assert missing(RECORD) == []
    by_key = {activity.key: activity for activity in RECORD.activities}
    assert list(by_key) == list(REGISTER.purposes)
    assert by_key["P6"].tables == (
        "licensing.dispute",
        "licensing.invoice",
        "licensing.ksef_invoice",
        "licensing.payment",
        "licensing.purchase",
        "licensing.refund",
        "licensing.tax_evidence",
    )
    assert any(limit.startswith("R-OSS") and "10 years" in limit for limit in by_key["P6"].erasure)
    assert all(activity.assessment_review for activity in RECORD.activities if "6(1)(f)" in activity.provision)
    assert all(activity.assessment for activity in RECORD.activities if "6(1)(f)" in activity.provision)
    assert all(activity.screening and activity.screening_review for activity in RECORD.activities)
    assert "criteria of WP248 met: scoring." in str(by_key["P23"].screening)
    for shown in (page("html"), page("csv")):
        assert "The interest prevails: without protection the people whose data we hold would suffer first." in shown
        assert "no impact assessment needed; criteria of WP248 met: systematic monitoring." in shown


def test_example_24_every_processor_has_the_eight_points_and_a_country() -> None:
    processors = [r for r in REGISTER.recipients.values() if r.role == "processor"]
    assert len(RECORD.processors) == len(processors) > 0
    for processor in RECORD.processors:
        assert processor.country == "PL"
        assert [point[6] for point in processor.points] == list("abcdefgh")
        assert all(processor.points.values())


def test_example_24_marketing_hears_nothing_of_orders() -> None:
    assert any("D9" in table.categories for table in LICENSING.data_map.tables)
    heard = {reaction.contract.owner for reaction in MARKETING.complete_router().event_handlers}
    assert "licensing" not in heard


EMPTY: dict[Item, dict[str, Any]] = {
    Item.PARTIES: {"party": RECORD.party.model_copy(update={"contact": ""})},
    Item.PURPOSES: {"activities": ()},
    Item.PEOPLE_AND_DATA: {"activities": (RECORD.activities[0].model_copy(update={"people": ()}),)},
    Item.RECIPIENTS: {"activities": (RECORD.activities[0].model_copy(update={"recipients": ()}),)},
    Item.TRANSFERS: {"activities": (RECORD.activities[0].model_copy(update={"transfers": ()}),)},
    Item.ERASURE: {"activities": (RECORD.activities[0].model_copy(update={"erasure": ()}),)},
    Item.MEASURES: {"measures": ()},
    Item.PROCESSORS: {"processors": (RECORD.processors[0].model_copy(update={"points": {}}),)},
    Item.ON_BEHALF: {"on_behalf": (OnBehalf(controller="X", officer="", categories="x", transfers="x"),)},
}


@pytest.mark.parametrize("item", Item, ids=[item.name for item in Item])
def test_each_missing_item_is_noticed(item: Item) -> None:
    assert missing(RECORD.model_copy(update=EMPTY[item])) == [item]


def test_an_incomplete_record_is_not_issued() -> None:
    with pytest.raises(Incomplete, match="measures"):
        drafted(replace(REGISTER, measures={}), MAPS, DAY)


def test_csv_has_a_line_for_each_purpose_and_one_for_art_30_2() -> None:
    csv_lines = lines()
    assert tuple(csv_lines[0]) == COLUMNS
    assert [line["key"] for line in csv_lines if line["record"] == "Art. 30(1)"] == list(REGISTER.purposes)
    (on_behalf,) = [line for line in csv_lines if line["record"] == "Art. 30(2)"]
    assert on_behalf["note"] == "No data are processed on behalf of other controllers."


def test_controllers_served_fill_the_record_of_art_30_2() -> None:
    served = Hosted(
        key="example",
        controller="Example sp. z o.o., ul. Prosta 1, Warszawa",
        officer="none appointed",
        categories=Text(pl="hosting", en="hosting"),
        country="PL",
    )
    record = compose(replace(REGISTER, hosting={"example": served}), MAPS, "en", DAY)
    (line,) = [line for line in lines(record) if line["record"] == "Art. 30(2)"]
    assert line["recipients"].startswith("Example sp. z o.o.")
    assert "Example sp. z o.o." in page("html", record)


def test_a_cell_is_no_formula() -> None:
    shady = RECORD.model_copy(
        update={"activities": (RECORD.activities[0].model_copy(update={"purpose": '=HYPERLINK("x")'}),)}
    )
    assert lines(shady)[0]["purpose or categories of processing"] == '\'=HYPERLINK("x")'


def test_the_page_escapes_and_shows_the_history() -> None:
    html = page("html", RECORD.model_copy(update={"measures": ("<b>x</b>",)}))
    assert "<b>x</b>" not in html
    assert "Version 1: 2027-01-04" in html
    assert html.startswith("<!doctype html>")


def test_json_reads_back() -> None:
    assert Edition.model_validate_json(page("json")).record == RECORD
