"""The files that show that recipients were told by hand, in the rows of what they are told."""

from dataclasses import dataclass
from uuid import UUID

from shared.contracts.privacy.recipients import ProofType
from shared.database import Transaction

KEEP = "UPDATE recipient_notice SET proof = $2, proof_type = $3 WHERE notice_id = $1"
READ = "SELECT case_id, proof, proof_type FROM recipient_notice WHERE notice_id = $1 AND proof IS NOT NULL"


@dataclass(frozen=True)
class Proof:
    """A file, and the case of its notice."""

    case_id: UUID
    proof: bytes
    proof_type: ProofType


async def keep(tx: Transaction, notice_id: UUID, proof: bytes, proof_type: ProofType) -> None:
    await tx.run(KEEP, notice_id, proof, proof_type)


async def read(tx: Transaction, notice_id: UUID) -> Proof | None:
    row = await tx.row(READ, notice_id)
    return Proof(**row) if row else None
