"""The letter to people of a breach: nature, contact, consequences, measures (GDPR Art. 34(2)). Pure."""

from collections.abc import Sequence

from shared.contracts.fields import Language
from shared.contracts.privacy.breaches import BreachWords

TITLE: dict[Language, str] = {
    "pl": "Ważne: naruszenie ochrony Twoich danych osobowych",
    "en": "Important: a breach of your personal data",
}
TEXT: dict[Language, str] = {
    "pl": (
        "Piszemy, bo doszło do naruszenia ochrony Twoich danych osobowych (RODO art. 34).\n\n"
        "Co się stało: {nature}\n\nO jakie dane chodzi: {data}\n\nMożliwe skutki: {consequences}\n\n"
        "Co robimy i co możesz zrobić: {measures}\n\nKontakt: {contact}\n\n"
        "Twoje prawa i adres organu nadzorczego są w informacji o prywatności:\n{link}\n"
    ),
    "en": (
        "We write to you because there was a breach of your personal data (GDPR Art. 34).\n\n"
        "What happened: {nature}\n\nWhich data: {data}\n\nLikely consequences: {consequences}\n\n"
        "What we do and what you can do: {measures}\n\nContact: {contact}\n\n"
        "Your rights and the authority's address are in the privacy notice:\n{link}\n"
    ),
}


def letter(
    language: Language, words: BreachWords, data: Sequence[str], contact: str, public_url: str
) -> tuple[str, str]:
    """Title and text; `data` are the titles of the categories that the breach is about."""
    link = f"{public_url.rstrip('/')}/privacy-notice?lang={language}"
    said = words.model_dump() | {"data": ", ".join(data), "contact": contact, "link": link}
    return TITLE[language], TEXT[language].format(**said)
