"""The replica of privacy's decisions in every service's database; newer versions win."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from shared.contracts.participants import PermissionApplied
from shared.contracts.privacy import KnownPermission, PermissionChanged
from shared.database import Transaction
from shared.purposes import EVERYTHING

APPLY = """
INSERT INTO permission (subject_id, purpose, allowed, version)
SELECT p.subject_id, p.purpose, p.allowed, p.version
FROM unnest($1::uuid[], $2::text[], $3::boolean[], $4::bigint[]) AS p (subject_id, purpose, allowed, version)
JOIN subject s ON s.subject_id = p.subject_id AND s.live
ON CONFLICT (subject_id, purpose) DO UPDATE SET allowed = excluded.allowed, version = excluded.version
WHERE permission.version < excluded.version
"""


# A restriction is no decision about the purposes that it stops: it waits for whoever holds one of them.
WAIT_FOR_USES = """
SELECT FROM permission WHERE subject_id = ANY ($1) ORDER BY subject_id, purpose FOR NO KEY UPDATE
"""


async def apply(tx: Transaction, changes: Sequence[KnownPermission | PermissionChanged]) -> int:
    """Take over decisions; answers how many were news. Of several for one person and purpose the newest counts."""
    if restricted := [c.subject_id for c in changes if c.purpose.startswith(EVERYTHING) and not c.allowed]:
        await tx.run(WAIT_FOR_USES, restricted)
    newest = {(c.subject_id, c.purpose): c for c in sorted(changes, key=lambda change: change.version)}
    news = [newest[key] for key in sorted(newest)]
    return await tx.run(
        APPLY,
        [c.subject_id for c in news],
        [c.purpose for c in news],
        [c.allowed for c in news],
        [c.version for c in news],
    )


def applied(service: str, changes: Sequence[PermissionChanged]) -> PermissionApplied | None:
    """What privacy waits to hear of decisions that were taken over; None when it waits for nothing."""
    awaited = [change for change in changes if change.confirm]
    if not awaited:
        return None
    return PermissionApplied(
        service=service,
        subjects=tuple(change.subject_id for change in awaited),
        purposes=tuple(change.purpose for change in awaited),
        versions=tuple(change.version for change in awaited),
    )


RULING = """
SELECT p.subject_id, p.purpose FROM permission p
JOIN unnest($1::uuid[], $2::text[], $3::bigint[]) AS c (subject_id, purpose, version)
  USING (subject_id, purpose, version)
"""


@dataclass(frozen=True)
class Ruled:
    """A purpose that a person forbade."""

    subject_id: UUID
    purpose: str


async def ruling(tx: Transaction, changes: Sequence[PermissionChanged]) -> list[Ruled]:
    """Which of these decisions are the newest about their person and purpose."""
    columns = [c.subject_id for c in changes], [c.purpose for c in changes], [c.version for c in changes]
    return [Ruled(**row) for row in await tx.rows(RULING, *columns)]


HOLD = "SELECT true FROM permission WHERE subject_id = $1 AND purpose = $2 AND allowed FOR SHARE"


async def hold_permission(tx: Transaction, subject_id: object, purpose: str) -> bool:
    """Keep an allowing permission from changing until this transaction ends; False if there is none.

    A sender holds it during one SMTP dialogue: an acknowledged withdrawal then means that no mail
    leaves afterwards.
    """
    return bool(await tx.value(HOLD, subject_id, purpose))
