"""The terms of sale: published once, never changed."""

import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from services.licensing.terms import editions as terms
from shared.problems import Refused
from tests.unit.licensing.data import TERMS


def test_every_edition_is_as_it_was_published() -> None:
    """The hashes stand here, too: who changes a text and its hash changes what buyers agreed to."""
    hashes = {edition.version: edition.sha256 for edition in terms.published()}
    assert hashes == {"2026-01": "5b1b6c4c2ea787683361ad393f9ddf800fb0be846a66007a6fdd3da12bfa4db4"}
    assert all(edition.text_pl and edition.text_en for edition in terms.published())


@pytest.mark.parametrize("language", ["pl", "en"])
@pytest.mark.parametrize("change", ["x", "\n", ""])
def test_a_changed_text_is_no_edition(tmp_path: Path, language: str, change: str) -> None:
    folder = shutil.copytree(terms.FOLDER, tmp_path / "terms")
    text = folder / f"2026-01.{language}.md"
    text.write_text(text.read_text() + change if change else text.read_text().replace("14", "13"))
    with pytest.raises(ValueError, match="the terms 2026-01 are not those that were published"):
        terms.published(folder)


def test_an_edition_is_in_force_from_its_day() -> None:
    later = replace(TERMS, version="2027-01", valid_from=date(2027, 1, 1))
    editions = (TERMS, later)
    assert terms.current(editions, date(2026, 12, 31)) == TERMS
    assert terms.current(editions, later.valid_from) == later
    assert terms.named(editions, "2026-01") == TERMS
    with pytest.raises(LookupError):
        terms.current(editions, TERMS.valid_from - timedelta(days=1))
    for unknown in ("", "2026", "2028-01"):
        with pytest.raises(Refused):
            terms.named(editions, unknown)
