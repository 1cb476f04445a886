"""Certificates as the log has them."""

import hashlib
import json
from typing import Any
from uuid import UUID

from services.privacy.evidence import log, store
from services.privacy.evidence.checkpoints import CheckpointSigner
from shared.database import Transaction


def canonical(document: dict[str, Any]) -> bytes:
    """JSON with sorted names, no spaces and no escapes but those that must be (RFC 8785, for what has no fractions)."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


async def proof(
    tx: Transaction, case_id: UUID, document: dict[str, Any], signer: CheckpointSigner
) -> dict[str, Any] | None:
    """That this very document stands in the log; it is entered where its newest version reads otherwise."""
    await store.issue(tx, case_id, hashlib.sha256(canonical(document)).hexdigest())
    opened = await store.opened_issue(tx, case_id)
    while opened is None and await log.append(tx, signer):
        opened = await store.opened_issue(tx, case_id)
    head = await store.head(tx)
    return await log.proof(tx, opened, head) if opened and head else None
