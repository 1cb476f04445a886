"""The head of the log for anybody who wants to keep it."""

from services.privacy.evidence import store
from services.privacy.evidence.checkpoints import key_text, verifier_keys
from shared.contracts import privacy
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.problems import refuse
from shared.purposes import Purpose
from shared.secrets import Keyring

router = ServiceRouter("privacy")


@router.request(privacy.ReadEvidenceHead, purpose=Purpose.UPKEEP)
async def read_head(_request: privacy.ReadEvidenceHead, tx: Transaction, keyring: Keyring) -> privacy.EvidenceHead:
    head = await store.head(tx)
    if head is None:
        raise refuse(404, "the log is empty")
    keys = tuple(key_text(key) for key in verifier_keys(keyring))
    return privacy.EvidenceHead(checkpoint=head.checkpoint, keys=keys)
