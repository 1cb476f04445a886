"""Sending invoices to KSeF and hearing what became of them."""

import asyncio
from collections.abc import Awaitable, Sequence
from datetime import timedelta
from typing import TypeVar

from services.licensing.invoices import document_rows
from services.licensing.invoices.documents import Corrected
from services.licensing.invoices.rules import Invoice
from services.licensing.ksef import links, metrics, rules, store
from services.licensing.ksef.account import Account
from services.licensing.ksef.disclosing import disclose
from services.licensing.ksef.outcomes import Accepted, Again, Fault, Outcome, Rejected, Sent
from services.licensing.ksef.store import Leased, Unwritten, Written
from shared.clock import today
from shared.database import Database, Transaction
from shared.loops import backoff
from shared.observability import log
from shared.purposes import Purpose

Answer = TypeVar("Answer")

SUBMISSIONS = "invoices to KSeF"
BATCH = 50
LEASE_S = 600.0
FIRST_WAIT_S, LONGEST_WAIT_S = 30.0, 3600.0
ASK_AGAIN_S = 5.0
LOOKED_BACK = timedelta(days=90)
"""How old an invoice may be that is taken up: longer than this job may ever stand still."""


async def step(database: Database, ksef: Account | None) -> bool:
    """One round; without an account there is nothing to do."""
    if ksef is None:
        return False
    async with database.transaction(Purpose.LEGAL_DUTY) as tx:
        since = max(ksef.since, today() - LOOKED_BACK)
        listed = await store.enlist(tx, since, BATCH, consumers=ksef.consumers)
        await _leave_out(tx)
        lasts = await store.outage_lasts(tx)
    written = await _write(database, ksef)
    answers = [*await _send(database, ksef), *await _hear(database, ksef)]
    done = sum(not isinstance(answer, Fault) for answer in answers)
    if lasts or (answers and not done):
        await _listen(database, ksef)
    await _measure(database)
    return BATCH in (listed, written) or done >= BATCH


async def _leave_out(tx: Transaction) -> None:
    """That a failure is a total one may be told when an invoice was written and tried already."""
    days = await store.waiting_days(tx)
    outages = await store.outages(tx, min(days, default=today()))
    await store.leave_out(tx, [day for day in days if not rules.is_owed(day, outages)])


async def _measure(database: Database) -> None:
    async with database.transaction(Purpose.LEGAL_DUTY) as tx:
        counts = await store.counts(tx)
        outages = await store.outages(tx, min((each.issued_on for each in counts), default=today()))
    metrics.measure(counts, outages, today())


async def _write(database: Database, ksef: Account) -> int:
    """Make the documents: apart from the sale, as it takes its time, and before anything leaves."""
    async with database.transaction(Purpose.LEGAL_DUTY) as tx:
        waiting = await store.unwritten(tx, BATCH)
        read = [(each, *await document_rows.read(tx, each.invoice_id, None)) for each in waiting]
    made = [await asyncio.to_thread(_made, *each, ksef) for each in read]
    async with database.transaction(Purpose.LEGAL_DUTY) as tx:
        for each, written in zip(waiting, made, strict=True):
            if isinstance(written, Written):
                await store.write(tx, each.invoice_id, written)
            else:
                await store.set_state(tx, each.invoice_id, *written)
    return len(waiting)


def _made(
    waiting: Unwritten, invoice: Invoice, corrected: Corrected | None, ksef: Account
) -> Written | tuple[rules.State, str]:
    """The document, or why there is none."""
    from services.licensing.ksef.documents import fa3  # noqa: PLC0415 its library is half of a service's start

    if corrected is not None and corrected.buyer.nip != invoice.buyer_nip:
        return "by hand", "another NIP"  # there it takes a correction to zero and another invoice
    try:
        document = fa3(invoice, corrected, waiting.corrects)
    except ValueError:
        log.error("no document for KSeF", reason="the schema refuses it")
        return "by hand", "schema"
    told = links.invoice_link(ksef, invoice, document), links.certificate_link(ksef, invoice, document)
    return Written(document, *told)


async def _send(database: Database, ksef: Account) -> Sequence[Sent | Fault]:
    """That they are handed over is written before they leave: the log never says less than what happened."""
    async with database.transaction(Purpose.LEGAL_DUTY) as tx:
        leased = await store.lease(tx, "waiting", BATCH, LEASE_S)
        disclose(tx, [each for each in leased if each.attempts == 1])
    if not leased:
        return []
    from services.licensing.ksef import system  # noqa: PLC0415 as above

    answers = await _told(system.send(ksef, leased, today()), leased)
    async with database.transaction(Purpose.LEGAL_DUTY) as tx:
        for invoice, answer in zip(leased, answers, strict=True):
            if isinstance(answer, Sent):
                await store.note_sent(tx, invoice.invoice_id, answer.session_reference, answer.reference)
            else:
                await store.postpone(tx, invoice.invoice_id, _wait_s(invoice), answer.code)
    return answers


async def _hear(database: Database, ksef: Account) -> Sequence[Outcome]:
    async with database.transaction(Purpose.LEGAL_DUTY) as tx:
        leased = await store.lease(tx, "sent", BATCH, LEASE_S)
    if not leased:
        return []
    from services.licensing.ksef import system  # noqa: PLC0415 as above

    outcomes = await _told(system.outcomes(ksef, leased), leased)
    async with database.transaction(Purpose.LEGAL_DUTY) as tx:
        for invoice, outcome in zip(leased, outcomes, strict=True):
            await _note(tx, invoice, outcome)
    return outcomes


async def _told(asking: Awaitable[Sequence[Answer]], leased: Sequence[Leased]) -> Sequence[Answer | Fault]:
    """An answer for each invoice, also where KSeF gave none at all."""
    try:
        return await asking
    except Fault as fault:
        log.warning("KSeF does not answer", reason=fault.code)
        return [fault] * len(leased)


async def _note(tx: Transaction, invoice: Leased, outcome: Outcome) -> None:
    match outcome:
        case Accepted(number, receipt):
            await store.accept(tx, invoice.invoice_id, number, receipt)
        case Rejected(code, other):
            log.error("KSeF refused an invoice", reason=code)
            await store.set_state(tx, invoice.invoice_id, "other document" if other else "rejected", code)
        case Again():
            await store.send_again(tx, invoice.invoice_id)
        case Fault():
            await store.postpone(tx, invoice.invoice_id, _wait_s(invoice), outcome.code)
        case None:
            await store.postpone(tx, invoice.invoice_id, ASK_AGAIN_S, "")


async def _listen(database: Database, ksef: Account) -> None:
    """What the operator of KSeF announces moves the days until which invoices are due."""
    from services.licensing.ksef import system  # noqa: PLC0415 as above

    try:
        told = await system.outages(ksef)
    except Fault as fault:
        log.warning("the outages of KSeF can't be read", reason=fault.code)
        return
    async with database.transaction(Purpose.LEGAL_DUTY) as tx:
        await store.note_outages(tx, told)


def _wait_s(invoice: Leased) -> float:
    return backoff(invoice.attempts, FIRST_WAIT_S, LONGEST_WAIT_S)
