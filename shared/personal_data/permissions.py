"""The replica of privacy's decisions in every service's database; newer versions win."""

from collections.abc import Sequence

from shared.contracts.privacy import KnownPermission, PermissionChanged
from shared.database import Transaction

APPLY = """
INSERT INTO permission (subject_id, purpose, allowed, version)
SELECT p.subject_id, p.purpose, p.allowed, p.version
FROM unnest($1::uuid[], $2::text[], $3::boolean[], $4::bigint[]) AS p (subject_id, purpose, allowed, version)
JOIN subject s ON s.subject_id = p.subject_id AND s.live
ON CONFLICT (subject_id, purpose) DO UPDATE SET allowed = excluded.allowed, version = excluded.version
WHERE permission.version < excluded.version
"""


async def apply(tx: Transaction, changes: Sequence[KnownPermission | PermissionChanged]) -> int:
    """Take over decisions; answers how many were news. At most one per person and purpose."""
    return await tx.run(
        APPLY,
        [c.subject_id for c in changes],
        [c.purpose for c in changes],
        [c.allowed for c in changes],
        [c.version for c in changes],
    )


HOLD = "SELECT true FROM permission WHERE subject_id = $1 AND purpose = $2 AND allowed FOR SHARE"


async def hold_permission(tx: Transaction, subject_id: object, purpose: str) -> bool:
    """Keep an allowing permission from changing until this transaction ends; False if there is none.

    A sender holds it during one SMTP dialogue: an acknowledged withdrawal then means that no mail
    leaves afterwards.
    """
    return bool(await tx.value(HOLD, subject_id, purpose))
