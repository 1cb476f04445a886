"""A notice that an officer approves and publishes."""

from datetime import date
from uuid import UUID

from shared.clock import today
from shared.contracts import privacy
from shared.messaging.request_client import RequestClient
from tests.harness import eventually


async def open_draft(client: RequestClient) -> UUID:
    """The one that waits, once there is one."""

    async def newest() -> UUID | None:
        listed = await client.request(privacy.ListNotices())
        return next((each.notice_id for each in listed.notices if each.state in ("drafted", "approved")), None)

    found: UUID = await eventually(newest)
    return found


async def publish_draft(client: RequestClient, effective_on: date | None = None) -> UUID:
    """Approve the open draft as it is read, and publish it from a day, today by default."""
    notice_id = await open_draft(client)
    draft = await client.request(privacy.ReadNoticeDraft(notice_id=notice_id))
    if draft.summary.state == "drafted":
        await client.request(privacy.ApproveNotice(notice_id=notice_id, digest=draft.digest))
    await client.request(privacy.PublishNotice(notice_id=notice_id, effective_on=effective_on or today()))
    return notice_id
