"""The certificate: what every participant reported about one case, and never more than was checked.

A partial erasure reads as a partial refusal: reasons, authority, court, dates (GDPR Art. 12(4)).
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from services.privacy.remedies import remedies
from shared.contracts import participants, privacy
from shared.database import Row, Transaction
from shared.law.case_clock import day_of_receipt
from shared.messaging.router import ServiceRouter
from shared.problems import refuse
from shared.purposes import Purpose
from shared.secrets import digest

router = ServiceRouter("privacy")

SCHEMA = "urn:lethe:erasure-certificate:1"
CHECKED = (
    "every participant reported an outcome for every table of its data map",
    (
        "in each participant's database no live row can be keyed to the person: a foreign key refuses the"
        " tombstone while one is left, and every later one"
    ),
)
NOT_CHECKED = (
    "write-ahead logs and dead row versions until they are overwritten",
    "backups until their date",
    "mailboxes and recipients outside this system",
)

CASE = """
SELECT c.case_id, c.kind, c.state, c.received_at, c.due_on, c.closed_at, c.terminate_contract, c.order_id,
  c.earlier_orders, o.ordered_at, o.subjects, o.cases
FROM privacy_case c LEFT JOIN erasure_order o ON o.order_id = c.order_id WHERE c.token_hash = $1
"""
REPORTS = (
    "SELECT service, part, subjects, body, received_at FROM order_report WHERE order_id = $1 ORDER BY service, part"
)
EARLIER_REPORTS = """
SELECT r.service, r.part, r.subjects, r.body, r.received_at FROM order_report r JOIN erasure_order o USING (order_id)
WHERE r.order_id = ANY ($1) ORDER BY o.ordered_at, r.service, r.part
"""
SECOND_PAGES = "SELECT service, tables, ended_at FROM second_page WHERE subjects && $1::uuid[] ORDER BY ended_at"


@router.request(privacy.ReadCertificate, purpose=Purpose.RIGHTS)
async def read_certificate(request: privacy.ReadCertificate, tx: Transaction) -> privacy.Certificate:
    """The certificate of a closed case."""
    case = await tx.row(CASE, digest(request.token))
    if case is None:
        raise refuse(404, "no such case")
    if case["state"] != "closed":
        raise refuse(409, "the case is not closed yet", message=f"it is {case['state']}")
    return privacy.Certificate(document=json.dumps(await certificate(tx, case), ensure_ascii=False))


async def certificate(tx: Transaction, case: Row) -> dict[str, Any]:
    """Build the certificate of a closed case from the stored reports."""
    mine = {s for s, c in zip(case["subjects"], case["cases"], strict=True) if c == case["case_id"]}
    reports = await tx.rows(REPORTS, case["order_id"])
    earlier = await tx.rows(EARLIER_REPORTS, case["earlier_orders"] or [])
    participants = [p for report in reports for p in _participant(report, mine)]
    outcomes = [table for p in participants for table in p["tables"]]
    kept = [t for t in outcomes if t["outcome"] in ("retained", "refused")]
    return {
        "schema": SCHEMA,
        "case_id": str(case["case_id"]),
        "right": "erasure (GDPR Art. 17)",
        "received_at": case["received_at"].isoformat(),
        "due_on": case["due_on"].isoformat(),
        "ordered_at": case["ordered_at"].isoformat(),
        "closed_at": case["closed_at"].isoformat(),
        "subjects": sorted(str(s) for s in mine),
        "outcome": "partial refusal" if kept else "complete",
        "participants": participants,
        "earlier_rounds": [p for report in earlier for p in _participant(report, mine)],
        "kept": _summary(kept),
        "refusal": remedies(day_of_receipt(case["closed_at"])) if kept else None,
        "checked": list(CHECKED),
        "not_checked": list(NOT_CHECKED),
        "second_pages": [_second_page(page, mine) for page in await tx.rows(SECOND_PAGES, list(mine))],
    }


def _participant(report: Row, mine: set[UUID]) -> Iterable[dict[str, Any]]:
    """The columns of a report at the places of one person."""
    places = [n for n, subject in enumerate(report["subjects"]) if subject in mine]
    if not places:
        return
    body = json.loads(report["body"])
    for place in places:
        yield {
            "service": report["service"],
            "map_version": body["map_version"],
            "reported_at": report["received_at"].isoformat(),
            "tables": [_entry(table, place) for table in body["tables"]],
        }


PER_PERSON = ("outcome", "rows", "purged_rows", "retain_until", "review_at", "provision", "exception")


def _entry(table: dict[str, Any], place: int) -> dict[str, Any]:
    values = {name: table[name][place] for name in PER_PERSON if table.get(name) is not None}
    named = {name: table[name] for name in ("table", "columns", "categories") if name in table}
    return named | {name: value for name, value in values.items() if value is not None}


def _summary(kept: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    fields = ("table", "categories", "outcome", "rows", "retain_until", "review_at", "provision", "exception")
    return [{name: entry[name] for name in fields if name in entry} for entry in kept]


def _second_page(page: Row, mine: set[UUID]) -> dict[str, Any]:
    ids = {str(s) for s in mine}
    tables = [
        {"table": t["table"], "rows": sum(n for s, n in zip(t["subjects"], t["rows"], strict=True) if s in ids)}
        for t in json.loads(page["tables"])
        if ids & set(t["subjects"])
    ]
    return {"service": page["service"], "ended_at": page["ended_at"].isoformat(), "tables": tables}


STORE_SECOND_PAGE = """
INSERT INTO second_page (service, tables, ended_at, subjects) VALUES ($1, $2, $3, $4)
"""


@router.event(participants.RetentionEnded, purpose=Purpose.ERASURE)
async def add_second_page(event: participants.RetentionEnded, tx: Transaction) -> None:
    """What the law had kept is gone: add the second page to the certificates it concerns."""
    tables = [table.model_dump(mode="json") for table in event.tables]
    subjects = sorted({subject for table in event.tables for subject in table.subjects})
    await tx.run(STORE_SECOND_PAGE, event.service, json.dumps(tables), event.ended_at, subjects)
