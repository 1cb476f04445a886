"""For how many days backups are kept, and since when: rows that are only added to."""

from datetime import date, datetime

from shared.database import Transaction

NOTE = """
INSERT INTO backup_term (days) SELECT $1
WHERE $1 IS DISTINCT FROM (SELECT days FROM backup_term ORDER BY since DESC LIMIT 1)
"""
# The last backup under each term was made when the next one began, or at the moment that is asked about.
UNTIL = """
SELECT max((least(ended, $1) AT TIME ZONE 'UTC')::date + days) FROM (
  SELECT days, since, coalesce(lead(since) OVER (ORDER BY since), $1) AS ended FROM backup_term) AS term
WHERE since <= $1
"""


async def note(tx: Transaction, days: int) -> None:
    """Keep the term, where it is another one than before."""
    await tx.run(NOTE, days)


async def until(tx: Transaction, moment: datetime) -> date | None:
    """The last day of the last backup made by a moment; None of a time when nobody had said."""
    day: date | None = await tx.value(UNTIL, moment)
    return day
