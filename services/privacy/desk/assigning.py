"""Who may see to a case: somebody of the staff, and nobody else's id."""

from shared.contracts import identity
from shared.contracts.privacy import AssignCase
from shared.messaging.request_client import RequestClient
from shared.problems import Refused, refuse

NOBODY = 404


async def check_assignee(request: AssignCase, client: RequestClient) -> None:
    """Raise Refused (422) for an assignee who is not of the staff; 503 while identity does not answer."""
    if request.assignee is None:
        return
    try:
        await client.request(identity.CheckStaff(staff_id=request.assignee))
    except Refused as refused:
        if refused.problem.status != NOBODY:
            raise
        message = "the id of somebody who has accepted the invitation"
        raise refuse(422, "nobody of the staff", field="assignee", message=message) from None
