"""Decisions found by address and channel, also when nothing else tells any more whose they were (GDPR Art. 7(1)).

Beside each entry of the ledger stands a keyed hash of its purpose and the address that its person had. It ends with
the entry, and without the key it leads from nobody to anybody.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from services.privacy.consents.rules import OPEN_TO_CHOICE
from shared.contracts.privacy import consent_proofs
from shared.database import Row, Transaction
from shared.mail.mailbox import one_spelling
from shared.secrets import Keyring

USE = "consent proof"
MOST = 500
DUE = """
SELECT subject_id FROM consent WHERE hash_due_at <= clock_timestamp() AND live
GROUP BY subject_id ORDER BY min(hash_due_at) LIMIT $1
"""
HASH = """
UPDATE consent c SET proof_hash = known.hash, hash_due_at = NULL
FROM unnest($1::uuid[], $2::text[], $3::bytea[]) AS known (subject_id, purpose, hash)
WHERE c.subject_id = known.subject_id AND c.live AND c.hash_due_at IS NOT NULL AND c.purpose = known.purpose
"""
GIVE_UP = "UPDATE consent SET hash_due_at = NULL WHERE subject_id = ANY ($1) AND live"
PUT_OFF = """
UPDATE consent SET hash_due_at = clock_timestamp() + make_interval(secs => $2)
WHERE subject_id = ANY ($1) AND live AND hash_due_at IS NOT NULL
"""
PROOF = """
SELECT c.consent_id, c.purpose, c.given, c.text_version, coalesce(t.words, '') AS words, c.language, c.surface,
  c.method, c.decided_at, c.notice_version, c.retain_until, NOT c.live AS is_erased, o.number AS entry
FROM consent c LEFT JOIN consent_text t ON t.text_version = c.text_version AND t.language = c.language
LEFT JOIN evidence_opening o ON o.source = 'consent' AND o.source_key = c.consent_id::text
"""
IN_ORDER = f" ORDER BY c.decided_at, c.version LIMIT {MOST}"
BY_HASH = f"{PROOF} WHERE c.proof_hash = ANY ($1){IN_ORDER}"
BY_PERSON = f"{PROOF} WHERE c.subject_id = $1{IN_ORDER}"


def hashes(keyring: Keyring, email: str, purpose: str) -> list[bytes]:
    """Under what a decision about a channel may stand in the ledger: by every key, the newest first."""
    return keyring.macs(USE, f"{purpose}\n{one_spelling(email)}".encode())


async def due(tx: Transaction, limit: int) -> list[UUID]:
    """Whose decisions have no hash yet, those that wait longest first."""
    return [row["subject_id"] for row in await tx.rows(DUE, limit)]


async def add_hashes(tx: Transaction, keyring: Keyring, addresses: Mapping[UUID, str]) -> None:
    """Add the hashes that are missing, by whose address it is; nothing for somebody who was erased meanwhile."""
    of = [(person, purpose, email) for person, email in addresses.items() for purpose in OPEN_TO_CHOICE]
    newest = [hashes(keyring, email, purpose)[0] for _, purpose, email in of]
    await tx.run(HASH, [person for person, _, _ in of], [purpose for _, purpose, _ in of], newest)


async def give_up(tx: Transaction, subjects: Sequence[UUID]) -> None:
    """Nobody knows an address of these people."""
    await tx.run(GIVE_UP, list(subjects))


async def put_off(tx: Transaction, subjects: Sequence[UUID], seconds: float) -> None:
    """Who knows the addresses did not answer: later."""
    await tx.run(PUT_OFF, list(subjects), seconds)


async def of_address(tx: Transaction, keyring: Keyring, email: str) -> consent_proofs.Proofs:
    """All decisions of whoever had this address."""
    sought = [each for purpose in OPEN_TO_CHOICE for each in hashes(keyring, email, purpose)]
    return _proofs(await tx.rows(BY_HASH, sought))


async def of_person(tx: Transaction, subject_id: UUID) -> consent_proofs.Proofs:
    """All decisions of a person."""
    return _proofs(await tx.rows(BY_PERSON, subject_id))


def _proofs(rows: Sequence[Row]) -> consent_proofs.Proofs:
    return consent_proofs.Proofs(proofs=tuple(consent_proofs.ConsentProof.model_validate(dict(row)) for row in rows))
