"""Recipients are told of rectifications, erasures and restrictions (GDPR Art. 19), and people of their recipients."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Base64Bytes, Field, StringConstraints

from shared.contracts.actors import Staff
from shared.contracts.fields import Line
from shared.contracts.message import PARTICIPANTS, Done, Message, Request

NoticeAbout = Literal["rectification", "erasure", "restriction"]
HandEnding = Literal["letter", "telephone", "portal", "impossible", "disproportionate"]
"""How one of the staff told a recipient, or why nobody can (Art. 19: impossible, or a disproportionate effort)."""
NoticeEnding = Literal["mail", "webhook", "letter", "telephone", "portal", "impossible", "disproportionate"]
RecipientNoticeState = Literal["due", "sent", "acknowledged", "failed", "impossible"]
"""A mail is `sent`; `acknowledged` is the recipient's own answer; `failed` is tried again, or somebody's task."""

ProofType = Literal["application/pdf", "image/png", "image/jpeg"]
MOST_PROOF_BYTES = 700_000
"""What fits into a request: a scanned page has a third of it."""
ProofContent = Annotated[Base64Bytes, Field(min_length=1, max_length=MOST_PROOF_BYTES)]


class ToldRecipient(Message):
    """Somebody who was given data, and how they were told; without `how` they are being told."""

    recipient: str
    about: NoticeAbout
    lifted: bool = False
    """It is about the end of a restriction that they were told of."""
    how: NoticeEnding | None
    settled_at: datetime | None
    reason: str = ""
    """Why they were not told."""


class Disclosure(Message):
    """One disclosure as its recipient knows it: never a name or an address; empty if it was given no number."""

    reference: str
    day: date
    categories: tuple[str, ...]


class RecipientNotice(Message):
    """A recipient who has not been told yet; or, where `how` says so, who was."""

    notice_id: UUID
    case_id: UUID
    recipient: str
    about: NoticeAbout
    lifted: bool = False
    """Of a restriction: it has ended."""
    written_at: datetime
    disclosures: tuple[Disclosure, ...]
    state: RecipientNoticeState = "due"
    tries: int = 0
    fault: str = ""
    """What became of the last try: the status of the recipient's answer, or the kind of failure."""
    how: NoticeEnding | None = None
    proof: ProofType | None = None
    """Of which kind the proof is that somebody has put in."""


class RecipientNotices(Message):
    """What waits for a human, or is late, oldest first."""

    notices: tuple[RecipientNotice, ...]


class ListRecipientNotices(
    Request[RecipientNotices],
    type="privacy.list-recipient-notices",
    askers=("gateway",),
    actor=Staff("officer", "support"),
):
    """Whom somebody has to tell by hand; or who was not told within 30 days, also while a machine still tries."""

    limit: int = Field(default=100, ge=1, le=200)
    late: bool = False
    case_id: UUID | None = None
    """Of one case alone."""
    settled: bool = False
    """Those who were told, or can't be: newest first."""


class SettleRecipientNotice(
    Request[Done], type="privacy.settle-recipient-notice", askers=("gateway",), actor=Staff("officer")
):
    """A recipient was told, or can't be, and the person reads why. 404; 409 once settled; 422 without that reason."""

    notice_id: UUID
    how: HandEnding
    reason: Annotated[Line, StringConstraints(max_length=500)] = ""


class RecipientProof(Message):
    """What shows that a recipient was told: a returned receipt, a scanned letter."""

    media_type: ProofType
    content: ProofContent


class ProveRecipientNotice(
    Request[Done], type="privacy.prove-recipient-notice", askers=("gateway",), actor=Staff("officer")
):
    """Put the proof of a notice in, in place of an earlier one; its hash is evidence. 404; 422 for no such file."""

    notice_id: UUID
    media_type: ProofType
    content: ProofContent


class ReadRecipientProof(
    Request[RecipientProof], type="privacy.read-recipient-proof", askers=("gateway",), actor=Staff("officer", "support")
):
    """The proof of a notice; that it was looked at is noted with its person. 404."""

    notice_id: UUID


class UnknownRecipients(Message):
    """Those of the names that the register of processing does not know."""

    names: tuple[str, ...]


class CheckRecipients(Request[UnknownRecipients], type="privacy.check-recipients", askers=(PARTICIPANTS,)):
    """Whether everybody stands in the register whom a service is set up to give data to; it does not start before."""

    names: tuple[Annotated[Line, StringConstraints(max_length=200)], ...] = Field(max_length=100)


class AnswerAboutRecipients(
    Request[Done], type="privacy.answer-about-recipients", askers=("gateway",), actor=Staff("officer", "support")
):
    """The person asks who was told (Art. 19, second sentence), and gets a letter.

    404; 409 for a case of which nobody is told; 410 after an erasure: the case token shows it then.
    """

    case_id: UUID
