"""Many cases at once, for the demonstration and the benchmark: set-based, past the requests."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from shared.clock import now
from shared.law.case_clock import day_of_receipt, due_date, target_date

INSERT = """
WITH people AS (SELECT * FROM unnest($1::uuid[], $2::bytea[], $3::boolean[]) AS p (subject_id, token_hash, terminates)),
known AS (INSERT INTO subject (subject_id) SELECT subject_id FROM people ON CONFLICT DO NOTHING)
INSERT INTO privacy_case (case_id, subject_id, kind, state, channel, language, verified_by, received_at,
  due_on, target_on, run_at, terminate_contract, token_hash)
SELECT gen_random_uuid(), subject_id, 'erasure', 'waiting', 'population', 'pl', 'population', $4, $5, $6, $7,
  terminates, token_hash FROM people
"""
RELEASE = """
UPDATE privacy_case SET run_at = clock_timestamp()
WHERE subject_id = ANY ($1) AND state = 'waiting' AND channel = 'population'
"""


async def insert_cases(connection: Any, people: Sequence[UUID], *, terminate_contract: bool = True) -> None:
    """Open a waiting case for each person, due to run in a day; nobody gets letters."""
    at = now()
    day = day_of_receipt(at)
    hashes = [hashlib.sha256(person.bytes).digest() for person in people]
    terminates = [terminate_contract] * len(people)
    times = (at, due_date(day), target_date(day), at + timedelta(days=1))
    await connection.execute(INSERT, list(people), hashes, terminates, *times)


async def release(connection: Any, people: Sequence[UUID]) -> None:
    """Let the waiting cases of these people run now."""
    await connection.execute(RELEASE, list(people))
