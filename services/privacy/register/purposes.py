"""What is processed, why and how long: purposes, categories of data, retention classes, automated decisions."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from services.privacy.register import retention_terms
from services.privacy.register.entries import Entry, Key, Keyed, Text, Words
from shared.purposes import KINDS

Requirement = Literal["contractual", "statutory", "optional", "not asked"]


class Assessment(Entry):
    """The balance behind a legitimate interest: three steps, the way out, the outcome, the next review."""

    interest: Text
    necessity: Text
    balance: Text
    opt_out: Text
    outcome: Text
    review_on: date


def one_basis(value: Any) -> Any:
    """Refuse a purpose that rests on several bases."""
    named = value if isinstance(value, list) else [v for v in str(value).replace("+", ",").split(",") if v.strip()]
    if len(named) > 1:
        raise PydanticCustomError("two_bases", "names two bases: split the purpose or choose one")
    return named[0].strip() if named else value


Basis = Annotated[Literal["a", "b", "c", "f"], BeforeValidator(one_basis)]


def is_use(value: Any) -> Any:
    """Refuse what is no purpose of a transaction that a permission can stop."""
    if value not in USES:
        raise PydanticCustomError("unknown_use", "is no purpose of a transaction that a permission decides about")
    return value


USES = frozenset(purpose.value for purpose, kind in KINDS.items() if kind in ("consent", "interest"))
Use = Annotated[str, BeforeValidator(is_use)]


class Elsewhere(Entry):
    """Data that a purpose claims and no column of this system holds for it, and why."""

    categories: tuple[Key, ...] = Field(min_length=1)
    because: Text


class Purpose(Keyed):
    """One purpose, resting on exactly one basis (GDPR Art. 5(1)(b), 6(1)); `planned` says why it is not at work yet."""

    title: Text
    basis: Basis
    law: tuple[Words, ...] = ()
    assessment: Assessment | None = None
    withdrawal: Text | None = None
    categories: tuple[Key, ...] = Field(min_length=1)
    retention: tuple[Key, ...] = Field(min_length=1)
    people: tuple[Key, ...] = Field(min_length=1)
    elsewhere: tuple[Elsewhere, ...] = ()
    planned: Text | None = None
    uses: tuple[Use, ...] = ()
    """The purposes that its transactions declare, as far as a person's permission decides about them."""
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


class Term(Entry):
    """One step of a retention class: a dated rule by its name, or an open end with its provision."""

    rule: Annotated[str, BeforeValidator(retention_terms.known)] | None = None
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
    """A retention class; its periods are those of shared/law/retention. `elsewhere`: no table has it, and why."""

    title: Text
    terms: tuple[Term, ...] = Field(min_length=1, alias="term")
    then: Key | None = None
    elsewhere: Text | None = None


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
