"""What privacy says and can be asked; also what every participant in an erasure says."""

from datetime import date, datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import EmailStr, Field, model_validator
from pydantic_core import PydanticCustomError

from shared.contracts.message import Created, Done, Event, Message, Request


class Participant(Message):
    """A service frozen into an erasure order, with the version of the data map it was ordered by."""

    service: str
    map_version: int


MOST_SUBJECTS = 1000
"""How many ids one order may name."""


class OrderedSubject(Message):
    """One person id of a case; a person with linked ids appears once per id."""

    subject_id: UUID
    case_id: UUID
    terminate_contract: bool


class ErasureOrdered(Event, type="privacy.erasure-ordered.v1"):
    """Every participant purges or anonymizes these people and reports."""

    order_id: UUID
    participants: tuple[Participant, ...]
    subjects: tuple[OrderedSubject, ...] = Field(max_length=MOST_SUBJECTS)


class ErasureReminded(Event, type="privacy.erasure-reminded.v1"):
    """An order repeated for the one participant that owes its report; others ignore it."""

    service: str
    order: ErasureOrdered


class ErasureFulfilled(Event, type="privacy.erasure-fulfilled.v1"):
    """The cases of an order are closed."""

    order_id: UUID
    subjects: tuple[UUID, ...]


class PermissionChanged(Event, type="privacy.permission-changed.v1"):
    """A person allowed or forbade a purpose; the higher version wins."""

    subject_id: UUID
    purpose: str
    allowed: bool
    version: int


class MappedColumn(Message):
    """One column of an announced data map."""

    name: str
    category: str | None
    source: str
    blank: bool
    role: str | None


class MappedTable(Message):
    """One table of an announced data map."""

    name: str
    category: str
    purposes: tuple[str, ...]
    retention: str
    kept: bool
    columns: tuple[MappedColumn, ...]


class DataMapAnnounced(Event, type="*.data-map-announced.v1"):
    """A participant tells what it holds and whom it gives data to; from the next order on it is asked to erase it."""

    service: str
    version: int
    tables: tuple[MappedTable, ...]
    recipients: tuple[str, ...] = ()


Outcome = Literal["purged", "anonymized", "retained", "refused", "failed", "nothing_held"]
KEPT = frozenset(("retained", "refused"))


class ReportedTable(Message):
    """The outcomes for one table, one entry per person, in the order of the report's subjects."""

    table: str
    categories: tuple[str, ...]
    columns: str | None = None
    outcome: tuple[Outcome, ...]
    rows: tuple[int, ...]
    purged_rows: tuple[int, ...] | None = None
    retain_until: tuple[date | None, ...] | None = None
    review_at: tuple[date | None, ...] | None = None
    provision: tuple[str | None, ...] | None = None
    exception: tuple[str | None, ...] | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """One entry per person in every list, and no kept row without its reason and its day (GDPR Art. 12(4))."""
        people = len(self.outcome)
        lists = (self.rows, self.purged_rows, self.retain_until, self.review_at, self.provision, self.exception)
        if any(entries is not None and len(entries) != people for entries in lists):
            raise PydanticCustomError("not_aligned", "needs one entry per person in every list")
        if KEPT.isdisjoint(self.outcome):
            return self
        nothing = (None,) * people
        columns = (self.outcome, self.provision or nothing, self.retain_until or nothing, self.review_at or nothing)
        for outcome, provision, until, review in zip(*columns, strict=True):
            if outcome in KEPT and not (provision and (until or review)):
                raise PydanticCustomError("kept_without_reason", "needs a provision and a day for what is kept")
        return self


class Failure(Message):
    """Why one person could not be erased, without values."""

    sqlstate: str | None
    constraint: str | None


class ErasureReported(Event, type="*.erasure-reported.v1"):
    """What a participant did for some of the people of an order; an order may be answered in parts."""

    order_id: UUID
    service: str
    map_version: int
    part: int
    at: date
    subjects: tuple[UUID, ...]
    tables: tuple[ReportedTable, ...]
    failure: Failure | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        """Somebody is reported, every table speaks of everybody, and a failure comes with its reason."""
        if not self.subjects or any(len(table.outcome) != len(self.subjects) for table in self.tables):
            raise PydanticCustomError("not_aligned", "needs one outcome per person and table")
        if any("failed" in table.outcome for table in self.tables) != (self.failure is not None):
            raise PydanticCustomError("failure_without_reason", "needs a reason for a failure, and only then")
        return self


class EndedRetention(Message):
    """Rows of one table that the law had kept and that are gone now."""

    table: str
    subjects: tuple[UUID, ...]
    rows: tuple[int, ...]


class RetentionEnded(Event, type="*.retention-ended.v1"):
    """A participant purged what it had retained: the second page of the certificates."""

    service: str
    ended_at: date
    tables: tuple[EndedRetention, ...]


class Page(Message):
    """Ids in order, and where to go on; an empty `next` is the end."""

    ids: tuple[UUID, ...]
    next: str = ""


class ErasedPage(Page):
    """Ids of the erased; of those in `contracts_go_on` the living contracts were not to be ended."""

    contracts_go_on: tuple[UUID, ...] = ()


class ErasedSubjects(Request, type="privacy.erased-subjects", reply=ErasedPage):
    """Everybody erased or just being erased, for a service that joins or was restored."""

    service: str = Field(default="", max_length=60)
    after: str = Field(default="", max_length=200)
    limit: int = Field(default=1000, ge=1, le=5000)


class AnsweredOrder(Message):
    """The newest orders that a service answered; `order_id` is the newest of them, None when there is none."""

    order_id: UUID | None
    order_ids: tuple[UUID, ...] = ()


class LastAnsweredOrder(Request, type="privacy.last-answered-order", reply=AnsweredOrder):
    """The newest orders that a service answered: a service that does not know one of them was restored."""

    service: str = Field(max_length=60)


class KnownPermission(Message):
    """One row of privacy's ledger as services replicate it."""

    subject_id: UUID
    purpose: str
    allowed: bool
    version: int


class PermissionPage(Message):
    """Permissions in order, and where to go on."""

    permissions: tuple[KnownPermission, ...]
    next: str = ""


class Permissions(Request, type="privacy.permissions", reply=PermissionPage):
    """All permissions of living people, for a service that joins or was restored."""

    after: str = Field(default="", max_length=200)
    limit: int = Field(default=1000, ge=1, le=5000)


class OpenCase(Request, type="privacy.open-case", reply=Created):
    """A signed-in member asks to be erased; the session was authenticated at `authenticated_at`."""

    subject_id: UUID
    right: Literal["erasure"]
    terminate_contract: bool = False
    language: Literal["pl", "en"] = "pl"
    authenticated_at: datetime
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


class Cases(Message):
    """The cases of one person."""

    cases: tuple[Case, ...]


class ReadCases(Request, type="privacy.read-cases", reply=Cases):
    """A member's own cases, or one of them."""

    subject_id: UUID
    case_id: UUID | None = None


class ReadCase(Request, type="privacy.read-case", reply=Case):
    """The case of a case token."""

    token: str = Field(max_length=200)


class WithdrawCase(Request, type="privacy.withdraw-case", reply=Done):
    """The person takes the request back, by token or as a member, while it waits."""

    token: str = Field(default="", max_length=200)
    member: UUID | None = None
    case_id: UUID | None = None


class RequestErasure(Request, type="privacy.request-erasure", reply=Created):
    """Somebody without a session asks for an address; a code is mailed there. The answer is always alike."""

    email: EmailStr
    terminate_contract: bool = False
    language: Literal["pl", "en"] = "pl"


class ConfirmErasure(Request, type="privacy.confirm-erasure", reply=Created):
    """The mailed code proves the address; the case opens."""

    request_id: UUID
    code: str = Field(pattern=r"^\d{8}$")
    token: str = Field(min_length=20, max_length=100)


class Certificate(Message):
    """The evidence of a case; `document` follows the published schema of certificates."""

    document: str


class ReadCertificate(Request, type="privacy.read-certificate", reply=Certificate):
    """The certificate of the case of a case token."""

    token: str = Field(max_length=200)


class ConsentChoice(Request, type="privacy.choose-consent", reply=Done):
    """A person gives or withdraws consent for a purpose on a channel, with the proof of how."""

    subject_id: UUID
    purpose: str = Field(max_length=60)
    given: bool
    text_version: str = Field(max_length=40)
    language: Literal["pl", "en"] = "pl"
    surface: str = Field(max_length=60)
    method: str = Field(max_length=60)


class Consent(Message):
    """The current decision on one purpose, with its proof."""

    purpose: str
    given: bool
    text_version: str
    words: str
    decided_at: datetime
    surface: str


class Consents(Message):
    """A person's current decisions."""

    consents: tuple[Consent, ...]


class ReadConsents(Request, type="privacy.read-consents", reply=Consents):
    """A person's current decisions."""

    subject_id: UUID


class ConsentText(Message):
    """The words that a person agrees to; a version never changes its words."""

    text_version: str
    language: Literal["pl", "en"]
    purpose: str
    words: str
    valid_from: date


class ConsentTexts(Message):
    """Texts in force, the newest of each purpose first."""

    texts: tuple[ConsentText, ...]


class ReadConsentTexts(Request, type="privacy.read-consent-texts", reply=ConsentTexts):
    """The words a form must show before somebody can agree to them."""

    language: Literal["pl", "en"] = "pl"


class NoticePublished(Event, type="privacy.notice-published.v1"):
    """A version of the notice is out; people are to be told of its new purposes before their first use (Art. 13(3))."""

    version: int
    effective_on: date
    new_purposes: tuple[str, ...]


class Notice(Message):
    """A published version of the notice, in the language and format that were asked for."""

    version: int
    effective_on: date
    published_at: datetime
    document: str


class ReadNotice(Request, type="privacy.read-notice", reply=Notice):
    """The notice in force, or one of its versions."""

    language: Literal["pl", "en"] = "pl"
    format: Literal["html", "markdown", "json"] = "html"
    version: int | None = Field(default=None, ge=1, le=1_000_000)


class Record(Message):
    """A kept version of the record of processing, in the language and format that were asked for."""

    version: int
    document: str


class ReadRecord(Request, type="privacy.read-record", reply=Record):
    """The record of Art. 30 with its history: the newest, or one of its versions."""

    language: Literal["pl", "en"] = "pl"
    format: Literal["html", "csv", "json"] = "html"
    version: int | None = Field(default=None, ge=1, le=1_000_000)


class RegisterHoles(Message):
    """In what the register differs from the data maps and recipients that the services announced."""

    services: tuple[str, ...]
    holes: tuple[str, ...]


class CheckRegister(Request, type="privacy.check-register", reply=RegisterHoles):
    """Hold the register against everybody who takes part."""


class Disclosed(Event, type="*.disclosed.v1", late="statutory"):
    """A participant gave data of a person to a recipient (GDPR Art. 15(1)(c), 19)."""

    subject_id: UUID
    recipient: str
    purpose: str
    categories: tuple[str, ...]
    disclosed_at: datetime


class MailDue(Event, type="*.service-mail-due.v1"):
    """A service asks identity to write to a person; it knows the address, the asker the words' name.

    `facts` are amounts, dates and ids, never personal values.
    """

    subject_id: UUID
    template: str
    facts: dict[str, str] = Field(default_factory=dict)
