"""The signed head of the evidence log, and the keys by which anybody checks a certificate."""

from services.gateway.authentication import Anybody
from services.gateway.routing import router
from shared.contracts import privacy

anybody = router("evidence")


@anybody.get("/.well-known/lethe-evidence")
async def head(caller: Anybody) -> privacy.EvidenceHead:
    """What a certificate is checked with, offline: the public keys, and how far the log reaches by now."""
    return await caller.request(privacy.ReadEvidenceHead())
