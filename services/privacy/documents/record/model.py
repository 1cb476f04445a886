"""What the record says, in one language."""

from datetime import date

from pydantic import BaseModel, ConfigDict

from shared.contracts.fields import Language


class Part(BaseModel):
    """A frozen piece of the record."""

    model_config = ConfigDict(frozen=True)


class Party(Part):
    """Who keeps the record, and whom else Art. 30(1)(a) names."""

    controller: str
    contact: str
    joint_controllers: str
    representative: str
    officer: str


class Activity(Part):
    """One purpose: Art. 30(1)(b) to (f), and what helps to read it; versions from before a field was known lack it."""

    key: str
    purpose: str
    provision: str
    assessment_review: date | None
    assessment: str | None = None
    screening: str | None = None
    screening_review: date | None = None
    owner: str
    tables: tuple[str, ...]
    note: str | None
    people: tuple[str, ...]
    data: tuple[str, ...]
    recipients: tuple[str, ...]
    transfers: tuple[str, ...]
    erasure: tuple[str, ...]


class ProcessorLine(Part):
    """A processor with its contract: the points of Art. 28(3), each with its place."""

    name: str
    country: str
    task: str
    agreed_on: date
    points: dict[str, str]


class OnBehalf(Part):
    """Processing for another controller: Art. 30(2)(a) to (c)."""

    controller: str
    officer: str
    categories: str
    transfers: str


class Record(Part):
    """The whole record in one language, without its number and history."""

    language: Language
    party: Party
    activities: tuple[Activity, ...]
    processors: tuple[ProcessorLine, ...]
    measures: tuple[str, ...]
    on_behalf: tuple[OnBehalf, ...]


class Past(Part):
    """A version of the record and its day."""

    version: int
    published_on: date


class Edition(Part):
    """A record with its number and the versions before it; a draft has no number."""

    version: int | None
    as_of: date
    record: Record
    history: tuple[Past, ...] = ()
