"""What staff did and what was done about staff: written once, changed by nobody."""

import json
from collections.abc import Mapping
from uuid import UUID

from shared.database import Transaction

WRITE = "INSERT INTO audit (staff_id, act, about) VALUES ($1, $2, $3)"


async def write(tx: Transaction, staff_id: UUID | None, act: str, about: Mapping[str, UUID] | None = None) -> None:
    """An act by one of the staff; by nobody for a command on the vendor's machine."""
    ids = {name: str(value) for name, value in (about or {}).items()}
    await tx.run(WRITE, staff_id, act, json.dumps(ids))
