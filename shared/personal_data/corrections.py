"""What a service is to put right (GDPR Art. 16): the event says whose, privacy says what."""

from shared.contracts.privacy import Correction, CorrectionDecided, ReadCorrection
from shared.messaging.request_client import RequestClient
from shared.problems import Refused

NOTHING = 404


async def ask(event: CorrectionDecided, client: RequestClient) -> Correction | None:
    """What is right; nothing for who was erased meanwhile."""
    try:
        return await client.request(ReadCorrection(case_id=event.case_id, subject_id=event.subject_id))
    except Refused as refused:
        if refused.problem.status != NOTHING:
            raise
        return None
