"""What officers prove of consents."""

from services.gateway.authentication import CurrentStaff
from services.gateway.limits import Kind
from services.gateway.request_bodies import Body
from services.gateway.routing import router
from shared.contracts.privacy import consent_proofs

signed_in = router("staff: consents", Kind.MEMBER)


@signed_in.post("/staff/consent-proofs")
async def prove(body: Body[consent_proofs.ProveConsents], staff: CurrentStaff) -> consent_proofs.Proofs:
    """All that whoever had this address decided, with words, time and place in the evidence; also after an erasure."""
    return await staff.request(body.complete())
