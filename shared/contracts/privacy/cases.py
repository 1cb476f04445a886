"""Cases as their people see them."""

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Base64Bytes, EmailStr, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from shared.contracts.actors import FRESH_MINUTES, Member
from shared.contracts.fields import NOBODY, Acting
from shared.contracts.message import Created, Done, Message, Request
from shared.contracts.privacy.recipients import ToldRecipient

Right = Literal[
    "erasure",
    "access",
    "portability",
    "restriction",
    "marketing-objection",
    "objection",
    "human-review",
    "rectification",
]
"""Which case each right of the notice has (GDPR Art. 15 to 18, 20 to 22)."""
Ground = Literal["accuracy contested", "unlawful processing", "needed for claims", "objection pending"]
"""Why a person is restricted: GDPR Art. 18(1)(a) to (d)."""
ClockState = Literal["on time", "due soon", "overdue", "extended", "ended"]
"""How a case stands to its last day (GDPR Art. 12(3)); the clock of what was answered has ended."""


class Wish(Message):
    """A right, and what its person says with it.

    A restriction names its ground, and what it restricts if not everything: purposes or a field. An objection and the
    review of a decision say what they are about.
    """

    right: Right
    ground: Ground | None = None
    about: str | None = Field(default=None, max_length=60)
    """The purpose that is objected to, the decision that is contested, or the category of data that is wrong (`D3`)."""
    purposes: tuple[Annotated[str, StringConstraints(max_length=60)], ...] = Field(default=(), max_length=10)
    """Uses that a restriction stops (`profiling`), while the others go on."""
    field: str | None = Field(default=None, max_length=10)
    """The category of data that a restriction takes out of every use (`D3`)."""
    statement: Annotated[str, StringConstraints(min_length=1, max_length=2000)] | None = None
    """What the person says about it: one's particular situation (Art. 21(1)), or what is wrong and what is right."""
    terminate_contract: bool = False
    language: Literal["pl", "en"] = "pl"

    @model_validator(mode="after")
    def _fits(self) -> Self:
        """Contracts end with an erasure only."""
        if self.terminate_contract and self.right != "erasure":
            raise PydanticCustomError("no_erasure", "terminate_contract goes with an erasure only")
        return self


class OpenCase(
    Request[Created], Wish, type="privacy.open-case", askers=("gateway",), actor=Member(fresh_minutes=FRESH_MINUTES)
):
    """A signed-in member uses a right, a short while after proving to be the account's owner.

    409 while a case of the same is open, 410 after an erasure.
    """

    subject_id: Acting = NOBODY
    token: str = Field(min_length=20, max_length=100)


class ParticipantProgress(Message):
    """How far one participant is with a case."""

    service: str
    answered: bool
    failed: bool
    reminders: int


class Case(Message):
    """A case as its person sees it."""

    case_id: UUID
    right: str
    state: str
    received_at: datetime
    due_on: date
    target_on: date
    runs_at: datetime
    closed_at: datetime | None
    terminate_contract: bool
    progress: tuple[ParticipantProgress, ...]
    copy_until: datetime | None = None
    """Until when a copy that is ready can be fetched."""
    ground: str | None = None
    about: str | None = None
    statement: str | None = Field(default=None, repr=False)
    notified_at: datetime | None = None
    """When the notice left that comes before a restriction is lifted (GDPR Art. 18(3))."""
    clock: ClockState = "on time"
    held_until_review_on: date | None = None
    """When somebody looks again at the legal hold that an erasure waits for."""
    recipients: tuple[ToldRecipient, ...] = ()
    """Who is told of what was rectified, erased or restricted (GDPR Art. 19)."""


class Cases(Message):
    """The cases of one person."""

    cases: tuple[Case, ...]


class ReadCases(Request[Cases], type="privacy.read-cases", askers=("gateway",), actor=Member()):
    """A member's own cases, or one of them."""

    subject_id: Acting = NOBODY
    case_id: UUID | None = None


class ReadCase(Request[Case], type="privacy.read-case", askers=("gateway",)):
    """The case of a case token."""

    token: str = Field(max_length=200)


class WithdrawCase(Request[Done], type="privacy.withdraw-case", askers=("gateway",)):
    """The holder of the case token takes the request back while it waits."""

    token: str = Field(max_length=200)


class WithdrawOwnCase(Request[Done], type="privacy.withdraw-own-case", askers=("gateway",), actor=Member()):
    """A member takes the request back while it waits."""

    subject_id: Acting = NOBODY
    case_id: UUID


class EndContracts(Request[Done], type="privacy.end-contracts", askers=("gateway",)):
    """Whoever is erased ends the contracts that went on, by the token of the closed case. 404; 409 before it closes."""

    token: str = Field(max_length=200)


class RequestCase(Request[Created], Wish, type="privacy.request-erasure", askers=("gateway",)):
    """Somebody without a session asks for an address; a code is mailed there. The answer is always alike.

    Its type is older than the other rights.
    """

    right: Right = "erasure"
    email: EmailStr


class ConfirmCase(Request[Created], type="privacy.confirm-erasure", askers=("gateway",)):
    """The mailed code proves the address; the case opens. 404 when nothing is held about its owner, but for an erasure:
    what waits there for a confirmation is erased, too.

    The answer is the case, or the request itself where all who ever used the address have an open case of the right:
    it is joined to theirs, and they are told."""

    request_id: UUID
    code: str = Field(pattern=r"^\d{8}$")
    token: str = Field(min_length=20, max_length=100)


class RequestToken(Request[Created], type="privacy.request-token", askers=("gateway",)):
    """Somebody lost the token of a case; a code is mailed to the address. The answer is always alike."""

    email: EmailStr
    language: Literal["pl", "en"] = "pl"


class ConfirmToken(Request[Created], type="privacy.confirm-token", askers=("gateway",)):
    """The mailed code proves the address: its newest case has this token from now on, and no other."""

    request_id: UUID
    code: str = Field(pattern=r"^\d{8}$")
    token: str = Field(min_length=20, max_length=100)


class Certificate(Message):
    """The evidence of a case; `document` follows the published schema of certificates."""

    document: str


class CertificateDocument(Message):
    """A certificate as a person reads it."""

    content: Base64Bytes


class ReadCertificateDocument(
    Request[CertificateDocument], type="privacy.read-certificate-document", askers=("gateway",)
):
    """The same as a page or a PDF, in the language of the case unless another is named. 404; 409 before it closes."""

    token: str = Field(max_length=200)
    format: Literal["html", "pdf"]
    language: Literal["pl", "en"] | None = None


class ReadCertificate(Request[Certificate], type="privacy.read-certificate", askers=("gateway",)):
    """The certificate of the case of a case token."""

    token: str = Field(max_length=200)
