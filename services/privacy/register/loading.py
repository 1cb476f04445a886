"""Read the data files into one register: whole, or refused with a sentence for everything that is wrong."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from services.privacy.register import entries, purposes, screenings
from services.privacy.register.entries import Entry, Keyed
from services.privacy.register.model import Register
from services.privacy.register.recipients import Recipient
from services.privacy.register.references import dangling

FOLDER = Path(__file__).parent

K = TypeVar("K", bound=Keyed)
E = TypeVar("E", bound=Entry)


class RegisterRefused(ValueError):
    """The data files are not complete; `sentences` say where and why."""

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = tuple(sentences)


class Reader:
    """Reads the files of one folder and gathers what is wrong with them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.wrong: list[str] = []
        self._read: dict[str, dict[str, Any]] = {}

    def file(self, name: str) -> dict[str, Any]:
        if name not in self._read:
            self._read[name] = self._parse(name)
        return self._read[name]

    def _parse(self, name: str) -> dict[str, Any]:
        try:
            return tomllib.loads((self.folder / name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            self.wrong.append(f"{name}: the file is missing")
        except UnicodeDecodeError:
            self.wrong.append(f"{name}: is not UTF-8")
        except tomllib.TOMLDecodeError as error:
            self.wrong.append(f"{name}: {_toml_fault(str(error))}")
        return {}

    def one(self, name: str, model: type[E], key: str = "") -> E | None:
        """A file, or one table of it, as one entry."""
        content = self.file(name)
        if not content:
            return None
        return self._validated(model, content.get(key, {}) if key else content, name, key)

    def many(self, name: str, table: str, model: type[K]) -> Mapping[str, K]:
        entries: dict[str, K] = {}
        for number, content in enumerate(self.file(name).get(table, ()), start=1):
            where = str(content.get("key", f"{table} {number}"))
            if where in entries:
                self.wrong.append(f"{name}: {where}: is there twice")
            elif entry := self._validated(model, content, name, where):
                entries[where] = entry
        return MappingProxyType(entries)

    def _validated(self, model: type[E], content: Any, name: str, where: str) -> E | None:
        try:
            return model.model_validate(content)
        except ValidationError as error:
            self.wrong += [f"{name}: {_sentence(where, each)}" for each in error.errors(include_url=False)]
            return None


WHAT_IS_WRONG = {
    "missing": "is missing",
    "extra_forbidden": "is not a known key",
    "string_too_short": "is empty",
    "too_short": "is empty",
    "string_type": "must be text",
    "literal_error": "is none of the allowed values",
    "model_type": "must be a table",
    "tuple_type": "must be a list",
}


def _sentence(where: str, error: ErrorDetails) -> str:
    kind, place = error["type"], ".".join(str(step) for step in (where, *error["loc"]) if step != "")
    if kind.startswith("date"):
        return f"{place}: is not a date"
    if where.endswith("country") or (error["loc"] and error["loc"][-1] == "country" and kind != "missing"):
        return f"{place}: is no country code of two letters"
    return f"{place}: {WHAT_IS_WRONG.get(kind, error['msg'])}"


def _toml_fault(message: str) -> str:
    what, _, position = message.partition(" (at ")
    known = {"Cannot overwrite a value": "a key is there twice", "Invalid date or datetime": "is not a date"}
    spoken = next((words for start, words in known.items() if what.startswith(start)), what)
    return f"{position.rstrip(')')}: {spoken}" if position else spoken


def load(folder: Path = FOLDER) -> Register:
    """Read and check the data files of a folder. Raises RegisterRefused."""
    read = Reader(folder)
    parts: dict[str, Any] = {
        "controller": read.one("controller.toml", entries.Controller),
        "court": read.one("authority.toml", entries.Court, "court"),
        "notice": read.one("notice.toml", entries.NoticeWords),
    }
    parts |= {name: read.many(file, table, model) for name, (file, table, model) in TABLES.items()}
    if read.wrong:
        raise RegisterRefused(read.wrong)
    register = Register(**parts)
    if wrong := dangling(register):
        raise RegisterRefused(wrong)
    return register.at_work()


TABLES: dict[str, tuple[str, str, type[Keyed]]] = {
    "authorities": ("authority.toml", "authority", entries.Authority),
    "purposes": ("purposes.toml", "purpose", purposes.Purpose),
    "dropped": ("purposes.toml", "dropped", purposes.Dropped),
    "categories": ("categories.toml", "category", purposes.Category),
    "people": ("people.toml", "people", entries.People),
    "retention": ("retention.toml", "retention", purposes.Retention),
    "recipients": ("recipients.toml", "recipient", Recipient),
    "decisions": ("decisions.toml", "decision", purposes.Decision),
    "measures": ("measures.toml", "measure", entries.Measure),
    "cookies": ("cookies.toml", "cookie", entries.Cookie),
    "device_purposes": ("cookies.toml", "asked", entries.DevicePurpose),
    "rights": ("rights.toml", "right", entries.Right),
    "hosting": ("hosting.toml", "hosted", entries.Hosted),
    "reasons": ("reasons.toml", "reason", entries.Reason),
    "screenings": ("screenings.toml", "screening", screenings.Screening),
    "tellings": ("tellings.toml", "telling", entries.Telling),
}


@cache
def register() -> Register:
    """The register of this installation, read once. Raises RegisterRefused."""
    return load()
