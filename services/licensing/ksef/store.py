"""What goes to KSeF, and what became of it, in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from uuid import UUID

from services.licensing.ksef.rules import OpenInvoice, Outage, State
from shared.database import Transaction
from shared.problems import refuse

# Whether a buyer is a business shows by a number, in corrections too.
ENLIST = """
INSERT INTO ksef_invoice (invoice_id, subject_id, live, retain_until, provisions, exemptions)
SELECT i.invoice_id, i.subject_id, i.live, i.retain_until, i.provisions, i.exemptions FROM invoice i
WHERE i.issued_on >= $1 AND ($2 OR (i.buyer_nip, i.buyer_vat_number) <> ('', ''))
  AND NOT EXISTS (SELECT FROM ksef_invoice k WHERE k.invoice_id = i.invoice_id)
ORDER BY i.issued_on, i.number LIMIT $3
ON CONFLICT DO NOTHING
"""
# A correction waits until what it corrects has its number, or never gets one.
UNWRITTEN = """
SELECT k.invoice_id, i.issued_on, o.ksef_number AS corrects FROM ksef_invoice k JOIN invoice i USING (invoice_id)
LEFT JOIN ksef_invoice o ON o.invoice_id = i.corrects
WHERE k.state = 'waiting' AND k.document IS NULL AND COALESCE(o.state IN ('accepted', 'not owed'), true)
ORDER BY i.issued_on, i.number LIMIT $1
"""
WAITING_DAYS = (
    "SELECT DISTINCT i.issued_on FROM ksef_invoice k JOIN invoice i USING (invoice_id) WHERE k.state = 'waiting'"
)
LEAVE_OUT = """
UPDATE ksef_invoice k SET state = 'not owed' FROM invoice i
WHERE i.invoice_id = k.invoice_id AND k.state = 'waiting' AND i.issued_on = ANY ($1)
"""
WRITE = """
UPDATE ksef_invoice SET document = $2, sha256 = $3, link = $4, certificate_link = $5
WHERE invoice_id = $1 AND state = 'waiting' AND document IS NULL
"""
SET_STATE = "UPDATE ksef_invoice SET state = $2, fault = $3 WHERE invoice_id = $1 AND state IN ('waiting', 'sent')"
LEASE = """
WITH due AS MATERIALIZED (SELECT invoice_id FROM ksef_invoice
  WHERE state = $1 AND document IS NOT NULL AND next_try_at <= now()
  ORDER BY next_try_at LIMIT $2 FOR UPDATE SKIP LOCKED)
UPDATE ksef_invoice k SET attempts = attempts + 1, next_try_at = now() + make_interval(secs => $3)
FROM due, invoice i WHERE k.invoice_id = due.invoice_id AND i.invoice_id = k.invoice_id
RETURNING k.invoice_id, k.subject_id, i.issued_on, k.document, k.sha256, k.attempts, k.session_reference, k.reference
"""
SENT = """
UPDATE ksef_invoice SET state = 'sent', session_reference = $2, reference = $3, sent_at = now(), attempts = 0,
  next_try_at = now(), fault = '' WHERE invoice_id = $1 AND state = 'waiting'
"""
POSTPONE = """
UPDATE ksef_invoice SET next_try_at = now() + make_interval(secs => $2), fault = $3
WHERE invoice_id = $1 AND state IN ('waiting', 'sent')
"""
SEND_AGAIN = """
UPDATE ksef_invoice SET state = 'waiting', attempts = 0, next_try_at = now(), session_reference = '', reference = ''
WHERE invoice_id = $1 AND state = 'sent'
"""
ACCEPT = """
UPDATE ksef_invoice SET state = 'accepted', ksef_number = $2, receipt = $3, accepted_at = now(), fault = ''
WHERE invoice_id = $1 AND state = 'sent'
"""
RETRY = """
UPDATE ksef_invoice SET state = 'waiting', document = NULL, sha256 = NULL, link = '', certificate_link = '',
  attempts = 0, next_try_at = now(), fault = '', session_reference = '', reference = ''
WHERE invoice_id = $1 AND state IN ('rejected', 'by hand')
"""
COUNTS = """
SELECT k.state, i.issued_on, count(*) AS count FROM ksef_invoice k JOIN invoice i USING (invoice_id)
WHERE k.state NOT IN ('accepted', 'not owed') GROUP BY k.state, i.issued_on
"""
OPEN = """
SELECT k.invoice_id, i.number, i.kind, i.issued_on, k.state, k.fault, k.attempts
FROM ksef_invoice k JOIN invoice i USING (invoice_id) WHERE k.state NOT IN ('accepted', 'not owed')
ORDER BY i.issued_on, i.number LIMIT $1
"""
CORRECTED = """
SELECT o.ksef_number FROM invoice i JOIN ksef_invoice o ON o.invoice_id = i.corrects WHERE i.invoice_id = $1
"""
ONE = "SELECT document, receipt FROM ksef_invoice WHERE invoice_id = $1"
NOTE_OUTAGE = """
INSERT INTO ksef_outage (kind, began_at, ended_at) VALUES ($1, $2, $3)
ON CONFLICT (kind, began_at) DO UPDATE SET ended_at = COALESCE(excluded.ended_at, ksef_outage.ended_at)
"""
LASTS = "SELECT EXISTS (SELECT FROM ksef_outage WHERE ended_at IS NULL OR ended_at > now())"
OUTAGES = "SELECT kind, began_at, ended_at FROM ksef_outage WHERE ended_at IS NULL OR ended_at >= $1"


@dataclass(frozen=True)
class Unwritten:
    """An invoice whose document is to be made; `corrects` is the number in KSeF of what it corrects."""

    invoice_id: UUID
    issued_on: date
    corrects: str | None


@dataclass(frozen=True)
class Written:
    """A document with the links to what KSeF says of it, and to whose it is where there is no number yet."""

    document: bytes
    link: str
    certificate_link: str


@dataclass(frozen=True)
class Leased:
    """An invoice whose turn it is, for this process alone; `attempts` with this one."""

    invoice_id: UUID
    subject_id: UUID
    issued_on: date
    document: str
    sha256: bytes
    attempts: int
    session_reference: str
    reference: str


@dataclass(frozen=True)
class Count:
    state: State
    issued_on: date
    count: int


@dataclass(frozen=True)
class Stored:
    """What is kept of one invoice; `document` is None until it was made."""

    document: str | None
    receipt: str | None


async def enlist(tx: Transaction, since: date, limit: int, *, consumers: bool) -> int:
    """Take up invoices that were issued since a day; answers how many."""
    return await tx.run(ENLIST, since, consumers, limit)


async def waiting_days(tx: Transaction) -> list[date]:
    """The days of issue of what was not sent yet."""
    return [row["issued_on"] for row in await tx.rows(WAITING_DAYS)]


async def leave_out(tx: Transaction, days: Sequence[date]) -> None:
    """What was issued on these days is not for KSeF."""
    await tx.run(LEAVE_OUT, days)


async def unwritten(tx: Transaction, limit: int) -> list[Unwritten]:
    return [Unwritten(**row) for row in await tx.rows(UNWRITTEN, limit)]


async def write(tx: Transaction, invoice_id: UUID, written: Written) -> None:
    """Keep a document with its hash and the links that verify it, before anything of it leaves."""
    links = written.link, written.certificate_link
    await tx.run(WRITE, invoice_id, written.document.decode(), sha256(written.document).digest(), *links)


async def lease(tx: Transaction, state: State, limit: int, seconds: float) -> list[Leased]:
    return [Leased(**row) for row in await tx.rows(LEASE, state, limit, seconds)]


async def note_sent(tx: Transaction, invoice_id: UUID, session_reference: str, reference: str) -> None:
    await tx.run(SENT, invoice_id, session_reference, reference)


async def postpone(tx: Transaction, invoice_id: UUID, seconds: float, fault: str) -> None:
    await tx.run(POSTPONE, invoice_id, seconds, fault)


async def send_again(tx: Transaction, invoice_id: UUID) -> None:
    """The session that it was sent in is not there any more."""
    await tx.run(SEND_AGAIN, invoice_id)


async def accept(tx: Transaction, invoice_id: UUID, ksef_number: str, receipt: str) -> None:
    await tx.run(ACCEPT, invoice_id, ksef_number, receipt)


async def set_state(tx: Transaction, invoice_id: UUID, state: State, fault: str) -> None:
    """It waits for staff, or for nobody."""
    await tx.run(SET_STATE, invoice_id, state, fault)


async def retry(tx: Transaction, invoice_id: UUID) -> None:
    """Make the document anew and send it. Raises Refused (409) for what does not wait for staff."""
    if not await tx.run(RETRY, invoice_id):
        raise refuse(409, "this invoice does not wait for you", message="it is on its way, accepted, or not for KSeF")


async def open_invoices(tx: Transaction, limit: int) -> list[OpenInvoice]:
    """What KSeF has not accepted, the oldest first."""
    return [OpenInvoice(**row) for row in await tx.rows(OPEN, limit)]


async def counts(tx: Transaction) -> list[Count]:
    """How many KSeF has not accepted, by state and day of issue."""
    return [Count(**row) for row in await tx.rows(COUNTS)]


async def one(tx: Transaction, invoice_id: UUID) -> Stored | None:
    row = await tx.row(ONE, invoice_id)
    return Stored(**row) if row else None


async def number_of_corrected(tx: Transaction, invoice_id: UUID) -> str | None:
    """What KSeF gave to the invoice that this one corrects."""
    number: str | None = await tx.value(CORRECTED, invoice_id)
    return number


async def note_outages(tx: Transaction, outages: Sequence[Outage]) -> None:
    for outage in outages:
        await tx.run(NOTE_OUTAGE, outage.kind, outage.began_at, outage.ended_at)


async def outage_lasts(tx: Transaction) -> bool:
    return bool(await tx.value(LASTS))


async def outages(tx: Transaction, since: date) -> list[Outage]:
    """Those that may still matter to what was issued since a day."""
    return [Outage(**row) for row in await tx.rows(OUTAGES, since)]
