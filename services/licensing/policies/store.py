"""Policies in PostgreSQL: read with the orders and licenses that were sold on them, added, never changed."""

from dataclasses import fields
from typing import Any

import asyncpg

from services.licensing.policies.rules import Policy
from shared.contracts import licensing
from shared.database import Transaction

NAMES = tuple(field.name for field in fields(Policy))
COLUMNS = ", ".join(f"policy.{name}" for name in NAMES)
SOLD_ON = """
JOIN policy ON (policy.product, policy.edition) = ({table}.product, {table}.edition)
  AND policy.version = {table}.policy_version
"""
# The caller holds the product locked. The same terms make no new version.
ADD = """
WITH latest AS (SELECT * FROM policy WHERE product = $1 AND edition = $2 ORDER BY version DESC LIMIT 1)
INSERT INTO policy (product, edition, version, months, starts, after_end, renews_from, devices, fingerprint_required,
  max_deactivations, entitlements, trial_days, heartbeat_minutes, overage)
SELECT $1::text, $2::text, COALESCE((SELECT version FROM latest), 0) + 1, terms.*
FROM (SELECT $3::integer, $4::text, $5::text, $6::text, $7::integer, $8::boolean, $9::integer, $10::text[],
  $11::integer, $12::integer, $13::text) AS terms
WHERE terms IS DISTINCT FROM (SELECT (months, starts, after_end, renews_from, devices, fingerprint_required,
  max_deactivations, entitlements, trial_days, heartbeat_minutes, overage) FROM latest)
"""
ONE = f"SELECT {COLUMNS} FROM policy WHERE (product, edition, version) = ($1, $2, $3)"  # noqa: S608 constants
VERSIONS = f"SELECT {COLUMNS}, policy.since FROM policy WHERE product = $1 ORDER BY edition, version DESC"  # noqa: S608


def split(row: asyncpg.Record) -> dict[str, Any]:
    """The columns of a row that was read with its policy, and the policy."""
    columns = dict(row)
    policy = {name: columns.pop(name) for name in NAMES}
    return columns | {"policy": Policy(**policy | {"entitlements": tuple(policy["entitlements"])})}


async def add(tx: Transaction, asked: licensing.PutProduct) -> None:
    """Other terms than the latest are a new version; what was sold keeps its own."""
    await tx.run(
        ADD,
        asked.code,
        asked.edition,
        asked.months,
        asked.starts,
        asked.after_end,
        asked.renews_from,
        asked.device_limit,
        asked.fingerprint_required,
        asked.max_deactivations,
        sorted(set(asked.entitlements)),
        asked.trial_days,
        asked.heartbeat_minutes,
        asked.overage,
    )


async def one(tx: Transaction, product: str, edition: str, version: int) -> Policy:
    row = await tx.row(ONE, product, edition, version)
    if row is None:
        raise LookupError(product, edition, version)
    policy: Policy = split(row)["policy"]
    return policy


async def versions(tx: Transaction, product: str) -> tuple[licensing.PolicyVersion, ...]:
    """All of a product, by edition, newest first."""
    return tuple(licensing.PolicyVersion.model_validate(dict(row)) for row in await tx.rows(VERSIONS, product))
