"""Reconciles subscribers with decisions made in the account: the address is asked for, once."""

from uuid import UUID

from services.marketing import audience
from services.marketing.audience import Decision
from shared.contracts import identity, privacy
from shared.database import Database
from shared.messaging.request_client import RequestClient
from shared.personal_data.subjects import Standing, lock_subject
from shared.problems import Refused
from shared.purposes import Purpose
from shared.secrets import Keyring

INTERVAL_S = 10.0
BATCH = 50
NO_ACCOUNT = (404, 410)


async def reconcile_audience(database: Database, client: RequestClient, keyring: Keyring) -> bool:
    async with database.transaction(Purpose.UPKEEP) as tx:
        withdrawn = await audience.forget_withdrawn(tx, BATCH)
        decisions = await audience.unreconciled(tx, BATCH)
    reconciled = [await _reconcile(database, client, keyring, decision) for decision in decisions]
    return withdrawn == BATCH or (len(decisions) == BATCH and any(reconciled))


async def _reconcile(database: Database, client: RequestClient, keyring: Keyring, decision: Decision) -> bool:
    if not await _is_newer(client, decision):
        return False
    address = await _address(client, decision.subject_id)
    async with database.transaction(Purpose.UPKEEP) as tx:
        if await lock_subject(tx, decision.subject_id) is not Standing.ERASED:
            await audience.store(tx, keyring, decision, address)
    return True


async def _is_newer(client: RequestClient, decision: Decision) -> bool:
    """Whether the ledger's consent is newer than the leaving here, if the person left."""
    if decision.state != "left" or decision.left_at is None:
        return True
    ledger = await client.request(privacy.TellConsents(subject_id=decision.subject_id))
    consents = [c.decided_at for c in ledger.consents if c.given and c.purpose == Purpose.MARKETING_EMAIL]
    return any(decided_at > decision.left_at for decided_at in consents)


async def _address(client: RequestClient, subject_id: UUID) -> identity.Address | None:
    try:
        return await client.request(identity.TellAddress(subject_id=subject_id))
    except Refused as refused:
        if refused.problem.status in NO_ACCOUNT:
            return None
        raise
