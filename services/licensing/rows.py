"""Rows to be stored, each value beside the name of its column."""

from typing import Any

from shared.database import Transaction


async def insert(tx: Transaction, table: str, **columns: Any) -> None:
    """Insert one row. Table and columns are names in our code, never input."""
    places = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
    await tx.run(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", *columns.values())  # noqa: S608
