"""A case arrives: stored with its clock; what it forbids is ruled, or what it copies is asked for, at the same time."""

from collections.abc import Collection
from typing import get_args
from uuid import UUID

from services.privacy.addresses import proved_hash
from services.privacy.blocks import rulings
from services.privacy.cases import store
from services.privacy.cases.rules import Opening
from services.privacy.copies import parts
from services.privacy.copies.store import CopyRight
from services.privacy.sealed_addresses import AddressSeal
from shared.database import Transaction
from shared.secrets import Keyring
from shared.tracing import note

COPIES = get_args(CopyRight)


async def open_case(
    tx: Transaction, opening: Opening, token: str, email: str, seal: AddressSeal, required: Collection[str]
) -> UUID:
    """Open the case of a proved address. Raises Refused: 409 when the person has an open one, 410 after erasure."""
    await tx.plan_once()
    address_hash = await proved_hash(tx, seal.keyring, email)
    case_id = await store.open_case(tx, opening, token, seal.close(email), address_hash)
    note(case_id=case_id)
    await begin(tx, case_id, opening, seal.keyring, required)
    return case_id


async def begin(tx: Transaction, case_id: UUID, opening: Opening, keyring: Keyring, required: Collection[str]) -> None:
    """Rule what the case forbids, or ask for what it copies. Raises Refused (409) when it is too late for a copy."""
    if opening.right in COPIES:
        await parts.begin(tx, case_id, opening.subject_id, keyring, required)
    else:
        await rulings.begin(tx, case_id, opening, required)
