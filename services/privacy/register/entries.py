"""What every entry of the register is, and the small ones: who, where, which words."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from services.privacy.register import retention_terms
from shared.contracts.fields import Language

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2)]


Fulfilled = Annotated[str, StringConstraints(pattern=r"^(request|job|table) \S.*$")]
"""What keeps a promise: `request privacy.read-notice`, `job privacy/letters`, `table privacy.notice_told`."""


Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*$")]


Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]


class Entry(BaseModel):
    """A frozen piece of the register; a misspelled key is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Text(Entry):
    """The same words in both languages."""

    pl: Words
    en: Words

    def in_(self, language: Language) -> str:
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


class People(Keyed):
    """A category of people (Art. 30(1)(c))."""

    title: Text


class Measure(Keyed):
    """A technical or organisational measure (Art. 30(1)(g), 32(1))."""

    title: Text


class Cookie(Keyed):
    """Something stored on or read from a device (PKE art. 399)."""

    purpose: Key
    vendor: Words
    necessary: bool
    rule: Annotated[str, BeforeValidator(retention_terms.known)]
    does: Text


class DevicePurpose(Keyed):
    """What a visitor is asked before a site stores or reads anything for it; the keys are those of the contract."""

    purpose: Key
    title: Text
    does: Text


class Right(Keyed):
    """A right and how it is used (Art. 13(2)(b)-(d)); `by` names the requests with which a person uses it."""

    title: Text
    provision: Words
    how: Text
    by: tuple[Words, ...] = Field(min_length=1)


class Telling(Keyed):
    """Something that people or recipients are told, and by what."""

    title: Text
    provision: Words
    by: tuple[Fulfilled, ...] = Field(min_length=1)


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


class Reason(Keyed):
    """A provision or exemption as participants report it, and why it keeps something, in words."""

    provision: Words
    words: Text | None = None
    law: Text | None = None
