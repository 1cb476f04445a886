"""Amounts as people read them."""

import pytest

from services.licensing.money import amount_text


@pytest.mark.parametrize(
    ("grosze", "language", "text"),
    [
        (123_456, "pl", "1\u00a0234,56\u00a0zł"),
        (123_456, "en", "PLN1,234.56"),
        (123_456, "", "1234.56 PLN"),
        (5, "", "0.05 PLN"),
        (4_900, "pl", "49,00\u00a0zł"),
    ],
)
def test_an_amount_is_written_as_its_reader_expects_it(grosze: int, language: str, text: str) -> None:
    assert amount_text(grosze, language) == text
