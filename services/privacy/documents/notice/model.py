"""What the notice says, in one language; the pages are made of this and of nothing else."""

from datetime import date

from pydantic import BaseModel, ConfigDict

from shared.contracts.fields import Language


class Part(BaseModel):
    """A frozen piece of the notice."""

    model_config = ConfigDict(frozen=True)


class ControllerPart(Part):
    """Who decides and how to reach them."""

    name: str
    nip: str
    regon: str
    address: str
    email: str
    panel: str
    officer: str
    representative: str


class DataPart(Part):
    """One category of data: source, and whether it must be given."""

    key: str
    title: str
    sources: tuple[str, ...]
    required: str
    consequence: str


class PurposePart(Part):
    """One purpose, complete by itself."""

    key: str
    title: str
    basis: str
    provision: str
    interest: str | None
    balance: tuple[str, ...]
    objection: str | None
    withdrawal: str | None
    marketing: bool
    data: tuple[str, ...]
    kept: tuple[str, ...]
    recipients: tuple[str, ...]
    note: str | None


class RetentionPart(Part):
    """One retention class: its steps with their provisions."""

    key: str
    title: str
    terms: tuple[str, ...]


class RecipientPart(Part):
    """One recipient."""

    name: str
    role: str
    country: str
    task: str
    safeguard: str | None


class DecisionPart(Part):
    """One automated decision or profile."""

    title: str
    logic: str
    data: tuple[str, ...]
    effect: str
    review: str | None


class RightPart(Part):
    """One right."""

    key: str
    title: str
    provision: str
    how: str


class AuthorityPart(Part):
    """Where to complain."""

    name: str
    address: str
    website: str
    phone: str
    how: str
    court: str


class Notice(Part):
    """The whole notice in one language, without its number and date."""

    language: Language
    title: str
    introduction: str
    controller: ControllerPart
    data: tuple[DataPart, ...]
    purposes: tuple[PurposePart, ...]
    retention: tuple[RetentionPart, ...]
    recipients: tuple[RecipientPart, ...]
    transfers: tuple[str, ...]
    decisions: tuple[DecisionPart, ...]
    rights: tuple[RightPart, ...]
    authority: AuthorityPart
    cookies: tuple[str, ...]
    headings: dict[str, str]
    labels: dict[str, str]
    sentences: dict[str, str]

    @property
    def consents(self) -> tuple[PurposePart, ...]:
        return tuple(p for p in self.purposes if p.basis == "a")

    @property
    def objectionable(self) -> tuple[PurposePart, ...]:
        return tuple(p for p in self.purposes if p.basis == "f")


class Edition(Part):
    """A notice with its number and date; a draft has neither."""

    version: int | None
    effective_on: date | None
    notice: Notice
