"""The terms of sale that this vendor publishes: by version, with first day and hash."""

import hashlib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from shared.law.calendar import in_force
from shared.problems import refuse

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Edition:
    """One version of the terms; `sha256` is that of the Polish text followed by the English one."""

    version: str
    valid_from: date
    sha256: str
    text_pl: str
    text_en: str


Editions = Sequence[Edition]


class Entry(BaseModel):
    """What stands in editions.toml of one version."""

    model_config = ConfigDict(extra="forbid")
    version: str
    valid_from: date
    sha256: str


class Index(BaseModel):
    edition: tuple[Entry, ...]


@cache
def published(folder: Path = FOLDER) -> Editions:
    """Every edition, oldest first. Raises ValueError when a text is not the one that was published."""
    index = Index.model_validate(tomllib.loads((folder / "editions.toml").read_text()))
    return tuple(_edition(folder, entry) for entry in index.edition)


def _edition(folder: Path, entry: Entry) -> Edition:
    polish, english = ((folder / f"{entry.version}.{language}.md").read_text() for language in ("pl", "en"))
    if hashlib.sha256(f"{polish}{english}".encode()).hexdigest() != entry.sha256:
        raise ValueError(f"the terms {entry.version} are not those that were published: other words are a new edition")
    return Edition(entry.version, entry.valid_from, entry.sha256, polish, english)


def current(editions: Editions, day: date) -> Edition:
    """The edition in force on a day. Raises LookupError before the first."""
    return in_force(editions, day)


def named(editions: Editions, version: str) -> Edition:
    """A certain edition, in force or not. Raises Refused (404)."""
    for edition in editions:
        if edition.version == version:
            return edition
    raise refuse(404, "no such version of the terms", field="version")
