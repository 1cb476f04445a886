"""The certificate: what every participant reported about one case, and never more than was checked.

A partial erasure reads as a partial refusal: reasons, authority, court, dates (GDPR Art. 12(4)).
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from services.privacy.cases.reasons import Kept, Left
from services.privacy.certificates.store import ClosedCase, Report, SecondPage, UnkeyedTables
from services.privacy.register.remedies import court, where_to_complain
from services.privacy.traces.rules import Search, told
from shared.contracts.privacy import ToldRecipient
from shared.law.case_clock import day_of_receipt

Document = dict[str, Any]

SCHEMA = "urn:lethe:erasure-certificate:1"
CHECKED = (
    "every participant but those listed under `left` reported an outcome for every table of its data map",
    (
        "in the database of each that reported no live row can be keyed to the person: a foreign key refuses the"
        " tombstone while one is left, and every later one"
    ),
)
NOT_CHECKED = (
    "write-ahead logs and dead row versions until they are overwritten",
    "backups until {day}",
    "mailboxes and recipients outside this system",
    "what participants held that left before they reported, as listed under `left`",
    "what is sealed or hashed in tables without a key to the person, as listed under `unkeyed`",
    "what `search` names as not gathered, too short or not searched",
)
PER_PERSON = ("outcome", "rows", "purged_rows", "retain_until", "review_at", "provision", "exception", "holds")
SUMMARY = ("table", "categories", "outcome", "rows", "retain_until", "review_at", "provision", "exception", "holds")


def compose(
    case: ClosedCase,
    reports: Sequence[Report],
    earlier: Sequence[Report],
    unkeyed: Sequence[UnkeyedTables],
    left: Sequence[Left],
    second_pages: Sequence[SecondPage],
    search: Search | None,
    recipients: Sequence[ToldRecipient] = (),
) -> Document:
    """The certificate of a closed case, as JSON."""
    participants = [entry for report in reports for entry in _participants(report, case.subjects)]
    retained = _retained(participants)
    return {
        "schema": SCHEMA,
        "case_id": str(case.case_id),
        "right": "erasure (GDPR Art. 17)",
        "received_at": case.received_at.isoformat(),
        "due_on": case.due_on.isoformat(),
        "ordered_at": case.ordered_at.isoformat(),
        "closed_at": case.closed_at.isoformat(),
        "subjects": sorted(map(str, case.subjects)),
        "outcome": _outcome(retained, left, search),
        "participants": participants,
        "earlier_rounds": [entry for report in earlier for entry in _participants(report, case.subjects)],
        "kept": [{name: table[name] for name in SUMMARY if name in table} for table in retained],
        "unkeyed": [_unkeyed(each) for each in unkeyed],
        "left": [{"service": e.service, "left_at": e.left_at.isoformat(), "reason": e.reason} for e in left],
        "refusal": _refusal(case) if retained else None,
        "checked": list(CHECKED),
        **not_checked(None),
        "search": told(search),
        "recipients": [each.model_dump(mode="json", exclude={"about", "lifted"}) for each in recipients],
        "second_pages": [_second_page(page, case.subjects) for page in second_pages],
    }


def not_checked(backups_until: date | None) -> Document:
    """What nobody looked into; the last backup that can hold the person is gone after its day, where it is known."""
    return {
        "not_checked": [sentence.format(day=backups_until or "their date") for sentence in NOT_CHECKED],
        "backups_until": backups_until.isoformat() if backups_until else None,
    }


def _outcome(retained: Sequence[Document], left: Sequence[Left], search: Search | None) -> str:
    if search and search.found_something:
        return "traces found"
    return "partial refusal" if retained else "unchecked in part" if left else "complete"


def kept(case: ClosedCase, reports: Sequence[Report]) -> list[Kept]:
    """What the certificate lists as kept, for the letter."""
    return _kept([entry for report in reports for entry in _participants(report, case.subjects)])


def kept_by(document: Document) -> list[Kept]:
    """The same of a certificate that is there."""
    return _kept(document["participants"])


def _kept(participants: Sequence[Document]) -> list[Kept]:
    return [
        Kept(
            categories=tuple(table["categories"]),
            retain_until=_day(table.get("retain_until")),
            review_at=_day(table.get("review_at")),
            grounds="; ".join(table[name] for name in ("provision", "exception") if name in table),
            holds=tuple(table.get("holds", ())),
        )
        for table in _retained(participants)
    ]


def _retained(participants: Sequence[Document]) -> list[Document]:
    outcomes = [table for participant in participants for table in participant["tables"]]
    return [table for table in outcomes if table["outcome"] in ("retained", "refused")]


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _refusal(case: ClosedCase) -> Document:
    """What a refusal must say besides its reasons (GDPR Art. 12(4), 77, 79)."""
    day = day_of_receipt(case.closed_at)
    return {
        "notice": "Part of the request was refused for the reasons listed under `kept`.",
        "complaint_to": asdict(where_to_complain(day)),
        "court": court(),
        "sent_on": day.isoformat(),
    }


def _participants(report: Report, subjects: frozenset[UUID]) -> Iterator[Document]:
    """The entries of a columnar report for the ids of one person."""
    for place, subject in enumerate(report.subjects):
        if subject in subjects:
            yield {
                "service": report.service,
                "map_version": report.body["map_version"],
                "reported_at": report.received_at.isoformat(),
                "tables": [_table(table, place) for table in report.body["tables"]],
            }


def _table(table: Document, place: int) -> Document:
    values = {name: table[name][place] for name in PER_PERSON if table.get(name) is not None}
    named = {name: table[name] for name in ("table", "columns", "categories") if name in table}
    return named | {name: value for name, value in values.items() if value is not None}


def _unkeyed(unkeyed: UnkeyedTables) -> Document:
    """What a participant may hold of anybody without a key to a person: sealed, hashed, or random ids."""
    if unkeyed.tables is None:
        return {"service": unkeyed.service, "tables": None}
    tables = [
        {"table": t["table"], "categories": t["categories"], "what": t["because"], "ends": t["ends"]}
        for t in unkeyed.tables
    ]
    return {"service": unkeyed.service, "tables": tables}


def _second_page(page: SecondPage, subjects: frozenset[UUID]) -> Document:
    ids = set(map(str, subjects))
    tables = [
        {"table": t["table"], "rows": sum(n for s, n in zip(t["subjects"], t["rows"], strict=True) if s in ids)}
        for t in page.tables
        if ids & set(t["subjects"])
    ]
    return {"service": page.service, "ended_at": page.ended_at.isoformat(), "tables": tables}
