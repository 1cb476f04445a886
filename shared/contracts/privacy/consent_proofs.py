"""The proof of consents: what was decided, by which words, where and how, and its place in the evidence."""

from datetime import date, datetime
from uuid import UUID

from pydantic import EmailStr

from shared.contracts.actors import Member, Staff
from shared.contracts.fields import NOBODY, Acting, Language
from shared.contracts.message import OPERATORS, Message, Request


class ConsentProof(Message):
    """One decision. `entry` is its number in the log of evidence, None until it has one; an erased person's decision
    is kept until `retain_until`. `notice_version` is the notice that the person had last been shown.
    """

    consent_id: UUID
    purpose: str
    given: bool
    text_version: str
    words: str
    language: str
    surface: str
    method: str
    decided_at: datetime
    notice_version: int | None
    entry: int | None
    retain_until: date | None
    is_erased: bool


class Proofs(Message):
    """Decisions, oldest first."""

    proofs: tuple[ConsentProof, ...]


class ReadOwnProofs(Request[Proofs], type="privacy.read-own-proofs", askers=("gateway",), actor=Member()):
    """All that a person ever decided about uses of the data."""

    subject_id: Acting = NOBODY


class ConsentReceipt(Message):
    """A receipt in the structure of ISO/IEC TS 27560, as JSON-LD."""

    document: str


class ReadConsentReceipt(
    Request[ConsentReceipt], type="privacy.read-consent-receipt", askers=("gateway",), actor=Member()
):
    """The receipt of one of one's own decisions. 404; 409 for a use that rests on no consent."""

    subject_id: Acting = NOBODY
    consent_id: UUID
    language: Language = "pl"


class ProveConsents(Request[Proofs], type="privacy.prove-consents", askers=("gateway",), actor=Staff("officer")):
    """All that whoever had this address decided; also after an erasure."""

    email: EmailStr


class FindConsentProofs(Request[Proofs], type="privacy.find-consent-proofs", askers=(OPERATORS,)):
    """The same, for a command on the vendor's machine."""

    email: EmailStr
