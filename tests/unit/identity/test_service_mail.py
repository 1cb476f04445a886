"""Every template of service mail in both languages."""

import pytest

from services.identity.service_mail.templates import FOR_SERVICES, OWN, compose
from shared.contracts.fields import Language


@pytest.mark.parametrize("language", ["pl", "en"])
@pytest.mark.parametrize("template", [*FOR_SERVICES, *OWN])
def test_every_mail_has_words_in_both_languages(template: str, language: Language) -> None:
    subject, text = compose(template, language, "Anna {0} Nowak", {"amount": "49.00", "something_new": "{x}"})
    assert subject
    assert "Anna {0} Nowak" in text
    assert "49.00" in text
    assert "something new: {x}" in text
