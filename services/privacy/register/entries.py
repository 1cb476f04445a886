"""What the register knows, as frozen models that refuse what is incomplete."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from services.privacy.register import rules

Language = Literal["pl", "en"]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2)]
Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Requirement = Literal["contractual", "statutory", "optional", "not asked"]

EEA = frozenset(
    ("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS", "IT", "LI")
    + ("LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK")
)


class Entry(BaseModel):
    """A frozen piece of the register; a misspelled key is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Text(Entry):
    """The same words in both languages."""

    pl: Words
    en: Words

    def in_(self, language: Language) -> str:
        """The words in one language."""
        return self.pl if language == "pl" else self.en


class Keyed(Entry):
    """An entry that others refer to by its key."""

    key: Key


class Officer(Entry):
    """The data protection officer, or the statement that there is none."""

    appointed: bool
    statement: Text


class Controller(Entry):
    """Who decides (GDPR Art. 13(1)(a), 30(1)(a))."""

    name: Words
    nip: Annotated[str, StringConstraints(pattern=r"^\d{10}$")]
    regon: Annotated[str, StringConstraints(pattern=r"^\d{9}(\d{5})?$")]
    address: Words
    country: Country
    email: Words
    panel: Words
    full_books: bool
    officer: Officer
    representative: Text
    joint_controllers: Text


class Authority(Keyed):
    """A supervisory authority and the day from which its address holds."""

    body: Key
    name: Text
    address: Words
    website: Words
    phone: Words
    valid_from: date
    how: Text


class Court(Entry):
    """The judicial remedy (GDPR Art. 79)."""

    name: Words
    provision: Words
    statement: Text


class Assessment(Entry):
    """The balance behind a legitimate interest: three steps, the way out, the next review."""

    interest: Text
    necessity: Text
    balance: Text
    opt_out: Text
    review_on: date


def one_basis(value: Any) -> Any:
    """Refuse a purpose that rests on several bases."""
    named = value if isinstance(value, list) else [v for v in str(value).replace("+", ",").split(",") if v.strip()]
    if len(named) > 1:
        raise PydanticCustomError("two_bases", "names two bases: split the purpose or choose one")
    return named[0].strip() if named else value


Basis = Annotated[Literal["a", "b", "c", "f"], BeforeValidator(one_basis)]


class Elsewhere(Entry):
    """Data that a purpose claims and no column of this system holds for it, and why."""

    categories: tuple[Key, ...] = Field(min_length=1)
    because: Text


class Purpose(Keyed):
    """One purpose, resting on exactly one basis (GDPR Art. 5(1)(b), 6(1))."""

    title: Text
    basis: Basis
    law: tuple[Words, ...] = ()
    assessment: Assessment | None = None
    withdrawal: Text | None = None
    categories: tuple[Key, ...] = Field(min_length=1)
    retention: tuple[Key, ...] = Field(min_length=1)
    people: tuple[Key, ...] = Field(min_length=1)
    elsewhere: tuple[Elsewhere, ...] = ()
    marketing: bool = False
    owner: Words

    @model_validator(mode="after")
    def _complete(self) -> "Purpose":
        needed = {"a": ("withdrawal", self.withdrawal), "c": ("law", self.law), "f": ("assessment", self.assessment)}
        if self.basis in needed and not needed[self.basis][1]:
            raise PydanticCustomError(
                "incomplete",
                "{what} is missing: Art. 6(1)({basis}) needs it",
                {"what": needed[self.basis][0], "basis": self.basis},
            )
        return self

    @property
    def provision(self) -> str:
        """The basis with its letter, and the national law behind it."""
        return "; ".join((f"GDPR Art. 6(1)({self.basis})", *self.law))


class Dropped(Keyed):
    """A purpose of the vendor's old notice that is none any more."""

    because: Text
    defect: Annotated[str, StringConstraints(pattern=r"^W\d+$")]


class Category(Keyed):
    """A category of personal data: where it comes from and whether it must be given (Art. 13(2)(e), 14(1)(d))."""

    title: Text
    sources: tuple[Literal["provided", "observed", "third party", "inferred"], ...] = Field(min_length=1)
    third_parties: Text | None = None
    requirement: Requirement
    consequence: Text

    @model_validator(mode="after")
    def _complete(self) -> "Category":
        if "third party" in self.sources and self.third_parties is None:
            raise PydanticCustomError("incomplete", "third_parties is missing: name who the data come from")
        return self


class People(Keyed):
    """A category of people (Art. 30(1)(c))."""

    title: Text


class Term(Entry):
    """One step of a retention class: a dated rule by its name, or an open end with its provision."""

    rule: Annotated[str, BeforeValidator(rules.known)] | None = None
    counted_from: Text | None = None
    open_end: Text | None = None
    provision: Words | None = None

    @model_validator(mode="after")
    def _complete(self) -> "Term":
        if self.rule is None and self.provision is None:
            raise PydanticCustomError("no_provision", "provision is missing: name the law, or the rule that names it")
        if self.rule is not None and self.counted_from is None:
            raise PydanticCustomError("no_start", "counted_from is missing: a rule needs a day to count from")
        if self.rule is None and self.open_end is None:
            raise PydanticCustomError("no_end", "open_end is missing: say until when, or name a rule")
        return self


class Retention(Keyed):
    """A retention class; its periods are those of shared/personal_data/retention."""

    title: Text
    terms: tuple[Term, ...] = Field(min_length=1, alias="term")
    then: Key | None = None


class Contract(Entry):
    """The contract with a processor: the eight points of Art. 28(3), each with the place where it is agreed."""

    agreed_on: date
    a_instructions: Words
    b_confidentiality: Words
    c_security: Words
    d_sub_processors: Words
    e_rights_of_people: Words
    f_breaches_and_assessments: Words
    g_deletion_or_return: Words
    h_audits: Words


class Recipient(Keyed):
    """Somebody who is given data, by name or as a narrow category (Art. 13(1)(e)-(f), 15(1)(c), 28, 30(1)(d))."""

    name: Text
    logged_as: tuple[Words, ...] = ()
    role: Literal["processor", "controller", "joint controller", "authority"]
    country: Country
    safeguard: Text | None = None
    purposes: tuple[Key, ...] | Literal["all"]
    categories: tuple[Key, ...] = Field(min_length=1)
    task: Text
    contract: Contract | None = None

    @model_validator(mode="after")
    def _complete(self) -> "Recipient":
        if self.role == "processor" and self.contract is None:
            raise PydanticCustomError("no_contract", "contract is missing: a processor needs the points of Art. 28(3)")
        if self.country not in EEA and self.safeguard is None:
            raise PydanticCustomError("no_safeguard", "safeguard is missing: the country is outside the EEA")
        return self


class Decision(Keyed):
    """An automated decision or profile: its logic, its inputs, its effect (Art. 13(2)(f), 22)."""

    title: Text
    logic: Text
    categories: tuple[Key, ...] = Field(min_length=1)
    purpose: Key
    effect: Literal["none", "significant"]
    consequences: Text
    human_review: Text | None = None

    @model_validator(mode="after")
    def _complete(self) -> "Decision":
        if self.effect == "significant" and self.human_review is None:
            raise PydanticCustomError("no_review", "human_review is missing: a significant effect needs a person")
        return self


class Measure(Keyed):
    """A technical or organisational measure (Art. 30(1)(g), 32(1))."""

    title: Text


class Cookie(Keyed):
    """Something stored on or read from a device (PKE art. 399)."""

    purpose: Key
    vendor: Words
    necessary: bool
    rule: Annotated[str, BeforeValidator(rules.known)]
    does: Text


class Right(Keyed):
    """A right and how it is used (Art. 13(2)(b)-(d))."""

    title: Text
    provision: Words
    how: Text


class Hosted(Keyed):
    """A controller for whom the vendor is a processor (Art. 30(2))."""

    controller: Words
    officer: Words
    categories: Text
    country: Country
    safeguard: Text | None = None


class NoticeWords(Entry):
    """The words of the notice that no other file says."""

    days_of_notice: int = Field(ge=1, le=365)
    title: Text
    introduction: Text
    headings: dict[str, Text]
    labels: dict[str, Text]
    sentences: dict[str, Text]
