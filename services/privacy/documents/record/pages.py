"""The record as HTML, CSV or JSON."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from services.privacy.documents.record.labels import WORDS
from services.privacy.documents.record.model import Edition
from services.privacy.documents.templates import templates

Format = Literal["html", "csv", "json"]

PAGES = templates(Path(__file__).parent / "templates")


def render(edition: Edition, shape: Format) -> str:
    if shape == "json":
        return edition.model_dump_json(indent=2) + "\n"
    if shape == "csv":
        return _csv(edition)
    return PAGES.get_template("record.html").render(edition=edition, words=WORDS[edition.record.language])


COLUMNS = (
    ("record", "version", "as of", "controller or processor", "contact", "joint controllers", "representative")
    + ("officer", "key", "purpose or categories of processing", "legal basis", "balance of interests")
    + ("assessment to be reviewed on", "screening for an impact assessment", "screening to be reviewed on", "owner")
    + ("tables", "categories of people", "categories of data", "recipients", "transfers", "time limits for erasure")
    + ("measures", "note")
)
BETWEEN = " | "
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def _csv(edition: Edition) -> str:
    """One line per purpose and per controller served; cells that a spreadsheet would run as formula are quoted."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="")
    writer.writeheader()
    for line in (*_own(edition), *_on_behalf(edition)):
        writer.writerow({name: f"'{cell}" if cell.startswith(FORMULA) else cell for name, cell in line.items()})
    return out.getvalue()


def _head(edition: Edition, record: str) -> dict[str, str]:
    party = edition.record.party
    return {
        "record": record,
        "version": str(edition.version or WORDS[edition.record.language]["draft"]),
        "as of": edition.as_of.isoformat(),
        "controller or processor": party.controller,
        "contact": party.contact,
        "joint controllers": party.joint_controllers,
        "representative": party.representative,
        "officer": party.officer,
        "measures": BETWEEN.join(edition.record.measures),
    }


def _own(edition: Edition) -> Iterator[dict[str, str]]:
    for activity in edition.record.activities:
        review, screened = activity.assessment_review, activity.screening_review
        yield _head(edition, "Art. 30(1)") | {
            "key": activity.key,
            "purpose or categories of processing": activity.purpose,
            "legal basis": activity.provision,
            "balance of interests": activity.assessment or "",
            "assessment to be reviewed on": review.isoformat() if review else "",
            "screening for an impact assessment": activity.screening or "",
            "screening to be reviewed on": screened.isoformat() if screened else "",
            "owner": activity.owner,
            "tables": BETWEEN.join(activity.tables),
            "categories of people": BETWEEN.join(activity.people),
            "categories of data": BETWEEN.join(activity.data),
            "recipients": BETWEEN.join(activity.recipients),
            "transfers": BETWEEN.join(activity.transfers),
            "time limits for erasure": BETWEEN.join(activity.erasure),
            "note": activity.note or "",
        }


def _on_behalf(edition: Edition) -> Iterator[dict[str, str]]:
    words = WORDS[edition.record.language]
    if not edition.record.on_behalf:
        yield _head(edition, "Art. 30(2)") | {"note": words["nobody_served"]}
    for served in edition.record.on_behalf:
        yield _head(edition, "Art. 30(2)") | {
            "recipients": f"{served.controller}; {served.officer}",
            "purpose or categories of processing": served.categories,
            "transfers": served.transfers,
        }
