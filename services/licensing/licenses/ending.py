"""The end of a license contract, whoever brings it about."""

from datetime import datetime

from services.licensing.settling import RUNNING
from shared.clock import now, today
from shared.contracts import identity, licensing, participants
from shared.contracts.licensing import EndReason
from shared.contracts.participants import EndedRetention
from shared.database import Row, Transaction

END = """
WITH devices AS (DELETE FROM activation WHERE license_id = $1)
UPDATE license SET state = 'ended', ended_at = $2, end_reason = $3 WHERE license_id = $1
"""
# What an erasure had refused to delete because the contract ran goes with the contract; the tax set stays.
LET_GO = """
WITH l AS (DELETE FROM license WHERE license_id = $1 RETURNING order_id),
a AS (DELETE FROM activation WHERE license_id = $1 RETURNING 1),
t AS (DELETE FROM purchase_terms USING l WHERE purchase_terms.order_id = l.order_id RETURNING 1),
p AS (UPDATE purchase SET review_at = NULL, provisions = array_remove(provisions, $2::text),
      exemptions = array_remove(exemptions, $3::text) FROM l WHERE purchase.order_id = l.order_id RETURNING 1)
SELECT (SELECT count(*) FROM l) AS license, (SELECT count(*) FROM a) AS activation,
  (SELECT count(*) FROM t) AS purchase_terms, (SELECT count(*) FROM p) AS purchase
"""


async def end(tx: Transaction, license_: Row, reason: EndReason, at: datetime | None = None) -> None:
    """End a license; that of an erased person leaves nothing but what tax law keeps."""
    if license_["state"] == "ended":
        return
    person = license_["subject_id"]
    if not license_["live"]:
        await _let_go(tx, license_)
        return
    await tx.run(END, license_["license_id"], at or now(), reason)
    tx.publish(licensing.LicenseEnded(subject_id=person, license_id=license_["license_id"], reason=reason))
    facts = {"license_id": str(license_["license_id"]), "ended_on": f"{today():%Y-%m-%d}"}
    tx.publish(identity.ServiceMailDue(subject_id=person, template="contract-ended", facts=facts))


async def _let_go(tx: Transaction, license_: Row) -> None:
    counts = await tx.row(LET_GO, license_["license_id"], RUNNING.provision, RUNNING.exemption)
    gone = {table: counts[table] for table in ("activation", "license", "purchase_terms")} if counts else {}
    tables = tuple(
        EndedRetention(table=table, subjects=(license_["subject_id"],), rows=(rows,))
        for table, rows in gone.items()
        if rows
    )
    tx.publish(participants.RetentionEnded(service=tx.service, ended_at=today(), tables=tables))
