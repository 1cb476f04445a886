"""What staff did in every service: rows that are evidence, and end after six years."""

from pydantic_core import to_json

from shared.contracts.identity import StaffActed
from shared.database import Transaction

ADD = "INSERT INTO staff_act (service, staff_id, act, about) VALUES ($1, $2, $3, $4)"
END_OLD = "SELECT lethe.end_old_acts()"


async def add(tx: Transaction, service: str, acted: StaffActed) -> None:
    """Keep an act as evidence: who did it and to what, by random ids."""
    await tx.run(ADD, service, acted.staff_id, acted.act, to_json(acted.about).decode())


async def end_old(tx: Transaction) -> None:
    """End what is older than six years, as identity's audit does; of a breach and a notice with its last step."""
    await tx.run(END_OLD)
