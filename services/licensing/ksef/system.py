"""KSeF as its API 2 is documented: a session for sending, then asking what became of each invoice.

`ksef-client` encrypts, signs in and speaks HTTP. Every answer is bounded in time; what goes wrong is a Fault by a
number or a name, never by the words of the answer: they may hold what was sent.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, datetime
from hashlib import sha256
from typing import get_args

from ksef_client import AsyncKsefClient, KsefClientOptions
from ksef_client.exceptions import KsefHttpError
from ksef_client.models import FormCode, PublicKeyCertificateUsage
from ksef_client.services.sessions import AsyncOnlineSessionHandle
from ksef_client.services.workflows import AsyncAuthCoordinator, AsyncOnlineSessionWorkflow

from services.licensing.ksef.account import Account
from services.licensing.ksef.outcomes import Accepted, Again, Fault, Outcome, Rejected, Sent
from services.licensing.ksef.rules import (
    ACCEPTED,
    CANCELLED,
    DUPLICATE,
    PROCESSING,
    Outage,
    OutageKind,
)
from services.licensing.ksef.store import Leased

FORM = FormCode(schema_version="1-0E", system_code="FA (3)", value="FA")
TIMEOUT_S = 30.0
WHOLE_S = 300.0
"""For everything that one round asks."""
SIGN_IN_TRIES, SIGN_IN_PAUSE_S = 60, 1.0


async def send(account: Account, invoices: Sequence[Leased], today: date) -> list[Sent | Fault]:
    """Send invoices in one session; each is answered for itself. Raises Fault where no session can be opened."""
    async with _signed_in(account) as (client, token):
        key = await client.security.get_public_key_certificate(PublicKeyCertificateUsage.SYMMETRICKEYENCRYPTION)
        session = await AsyncOnlineSessionWorkflow(client.sessions).open_session(
            form_code=FORM, public_certificate=key.certificate, public_key_id=key.public_key_id, access_token=token
        )
        answers = [await _send(session, invoice, today) for invoice in invoices]
        with contextlib.suppress(KsefHttpError):  # it closes by itself
            await session.close()
        return answers


async def _send(session: AsyncOnlineSessionHandle, invoice: Leased, today: date) -> Sent | Fault:
    try:
        answer = await session.send_invoice(invoice.document.encode(), offline_mode=invoice.issued_on < today)
    except KsefHttpError as error:
        return _fault(error)
    return Sent(session.reference_number, answer.reference_number)


async def outcomes(account: Account, invoices: Sequence[Leased]) -> list[Outcome]:
    """What became of invoices that were sent. Raises Fault where nobody can be asked."""
    async with _signed_in(account) as (client, token):
        return [await _outcome(client, token, invoice) for invoice in invoices]


async def _outcome(client: AsyncKsefClient, token: str, invoice: Leased) -> Outcome:
    where = invoice.session_reference, invoice.reference
    try:
        answer = await client.sessions.get_session_invoice_status(*where, access_token=token)
        status = answer.status
        if status.code == ACCEPTED and answer.ksef_number:
            receipt = await client.sessions.get_session_invoice_upo_by_ref(*where, access_token=token)
            return Accepted(answer.ksef_number, receipt.decode())
        if status.code == DUPLICATE:
            return await _duplicate(client, token, status.extensions or {}, invoice)
    except KsefHttpError as error:
        return Again() if error.status_code in GONE else _fault(error)
    if status.code in (*PROCESSING, ACCEPTED):
        return None
    return Again() if status.code in CANCELLED else Rejected(str(status.code))


GONE = (404, 410)


async def _duplicate(client: AsyncKsefClient, token: str, told: Mapping[str, str | None], invoice: Leased) -> Outcome:
    """Ours, whose answer was lost, where the document there has the hash that was stored before it was sent."""
    number, session = told.get("originalKsefNumber"), told.get("originalSessionReferenceNumber")
    if not number or not session:
        return Rejected(str(DUPLICATE), other=True)
    there = await client.invoices.get_invoice_bytes(number, access_token=token)
    if sha256(there.content).digest() != invoice.sha256:
        return Rejected(str(DUPLICATE), other=True)
    receipt = await client.sessions.get_session_invoice_upo_by_ksef(session, number, access_token=token)
    return Accepted(number, receipt.decode())


async def outages(account: Account) -> list[Outage]:
    """What KSeF's operator has announced. Raises Fault."""
    async with _reached(account) as client:
        messages = await client.lighthouse.get_messages()
    return [
        Outage(kind, datetime.fromisoformat(said.start), datetime.fromisoformat(said.end) if said.end else None)
        for said in messages
        for kind in get_args(OutageKind)
        if said.category.value == kind
    ]


@contextlib.asynccontextmanager
async def _signed_in(account: Account) -> AsyncIterator[tuple[AsyncKsefClient, str]]:
    """As the seller, by a token that may issue invoices."""
    async with _reached(account) as client:
        key = await client.security.get_public_key_certificate(PublicKeyCertificateUsage.KSEFTOKENENCRYPTION)
        signed = await AsyncAuthCoordinator(client.auth).authenticate_with_ksef_token(
            token=account.token.get_secret_value(),
            public_certificate=key.certificate,
            public_key_id=key.public_key_id,
            context_identifier_type="nip",
            context_identifier_value=account.nip,
            poll_interval_seconds=SIGN_IN_PAUSE_S,
            max_attempts=SIGN_IN_TRIES,
        )
        yield client, signed.access_token


@contextlib.asynccontextmanager
async def _reached(account: Account) -> AsyncIterator[AsyncKsefClient]:
    options = KsefClientOptions(account.url, base_lighthouse_url=account.outages_url or None, timeout_seconds=TIMEOUT_S)
    try:
        async with asyncio.timeout(WHOLE_S), AsyncKsefClient(options) as client:
            yield client
    except KsefHttpError as error:
        raise _fault(error) from None
    except (TimeoutError, RuntimeError, ValueError) as error:  # RuntimeError: it did not take the token
        raise Fault(type(error).__name__) from None


def _fault(error: KsefHttpError) -> Fault:
    return Fault(f"HTTP {error.status_code}")
