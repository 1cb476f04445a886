"""A letter as a page says what its text says, links what can be followed, and loads nothing."""

import html
import re

import pytest

from services.privacy.cases.letter_page import page
from services.privacy.cases.letters import OTHER_LETTERS
from services.privacy.mail_templates import LETTERS
from shared.contracts.fields import Language

TEXT = "Case: 1234\nBy: 2026-12-28\n\nSee https://lethe.example/a?b=1&c=2.\nMind <this> & that.\n\nFee: none, as:\nsaid"
EVERY = [(subject, text, key[-1]) for key, (subject, text) in (LETTERS | OTHER_LETTERS).items()]


def words(markup: str) -> str:
    body = markup.partition("</h1>")[2].partition("<footer>")[0]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_labels_links_and_letters_that_mean_something_in_html() -> None:
    made = page("A & B", TEXT, "en")
    assert "<h1>A &amp; B</h1>" in made
    assert "<strong>Case:</strong> 1234" in made
    assert '<a href="https://lethe.example/a?b=1&amp;c=2">https://lethe.example/a?b=1&amp;c=2</a>.' in made
    assert "Mind &lt;this&gt; &amp; that." in made
    assert "<strong>Fee:</strong>" not in made, "a sentence with a colon is no list"
    assert '<html lang="en">' in made


@pytest.mark.parametrize(("subject", "text", "language"), EVERY, ids=[subject for subject, _, _ in EVERY])
def test_every_letter_says_the_same_on_its_page(subject: str, text: str, language: Language) -> None:
    made = page(subject, text, language)
    assert words(made).replace(" ", "") == "".join(text.split())
    assert "src=" not in made
    assert "<script" not in made
