"""What officers do about the notice: a draft until one of them approves it, with what it changes before their eyes."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from shared.contracts.actors import Staff
from shared.contracts.fields import Day, Language, Line
from shared.contracts.message import Created, Done, Message, Request

NoticeState = Literal["drafted", "approved", "published", "withdrawn"]


class NoticeStep(Message):
    """What became of a notice; `by` is one of the staff, null when the register changed."""

    state: NoticeState
    at: datetime
    by: UUID | None
    reason: str
    effective_on: date | None


class NoticeSummary(Message):
    """A notice and how far it has come; new purposes are what the version in force does not name."""

    notice_id: UUID
    state: NoticeState
    drafted_at: datetime
    version: int | None
    effective_on: date | None
    new_purposes: tuple[str, ...]


class Notices(Message):
    """The newest first."""

    notices: tuple[NoticeSummary, ...]


class ListNotices(Request[Notices], type="privacy.list-notices", askers=("gateway",), actor=Staff("officer")):
    """Which notices there are, and which of them waits."""

    limit: int = Field(default=20, ge=1, le=200)


class NoticeDraft(Message):
    """A notice with its difference to the version before it, for a person to read; the digest covers both."""

    summary: NoticeSummary
    digest: str
    compared_with: int | None
    """The number of that version; null for the first notice, which is shown whole."""
    difference: str
    steps: tuple[NoticeStep, ...]


class ReadNoticeDraft(
    Request[NoticeDraft], type="privacy.read-notice-draft", askers=("gateway",), actor=Staff("officer")
):
    """What a notice changes. 404."""

    notice_id: UUID
    language: Language = "pl"


class DraftNotice(Request[Created], type="privacy.draft-notice", askers=("gateway",), actor=Staff("officer")):
    """Draft at once what the register says, also what was withdrawn. 409: it is published already, or has a gap."""


class ApproveNotice(Request[Done], type="privacy.approve-notice", askers=("gateway",), actor=Staff("officer")):
    """The draft may be published. 404; 409 when it has changed since, and in other states."""

    notice_id: UUID
    digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    """Of the draft as it was read."""


class PublishNotice(Request[Done], type="privacy.publish-notice", askers=("gateway",), actor=Staff("officer")):
    """What was approved holds from a day on. 404; 409 without approval; 422 for a day that is over, or too soon."""

    notice_id: UUID
    effective_on: Day


class WithdrawNotice(Request[Done], type="privacy.withdraw-notice", askers=("gateway",), actor=Staff("officer")):
    """A draft, or a version before its day, will not hold. 404; 409 for one that holds: only a new version ends it."""

    notice_id: UUID
    reason: Annotated[Line, StringConstraints(min_length=10, max_length=500)]
