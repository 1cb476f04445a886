"""The mail by which people are told of a new purpose: what, on which basis, how long, who, and the way out."""

from collections.abc import Sequence
from datetime import date

from services.privacy.documents.notice.model import Notice, PurposePart
from shared.contracts.fields import Language

TITLE: dict[Language, str] = {
    "pl": "Nowy cel przetwarzania Twoich danych, od {day}",
    "en": "A new purpose for your data, from {day}",
}
BODY: dict[Language, str] = {
    "pl": (
        "Od {day} będziemy używać Twoich danych także do tego, czego dotąd nie robiliśmy. Zgodnie z art. 13 ust. 3\n"
        "RODO mówimy o tym, zanim zaczniemy.\n\n{purposes}\n\n"
        "Cała informacja o prywatności, wersja {version}, z Twoimi prawami i adresem organu nadzorczego:\n{link}\n"
    ),
    "en": (
        "From {day} we will use your data for something that we have not done so far, too. GDPR Art. 13(3) has us\n"
        "tell you before we begin.\n\n{purposes}\n\n"
        "The whole privacy notice, version {version}, with your rights and the authority's address:\n{link}\n"
    ),
}
LABELS: dict[Language, dict[str, str]] = {
    "pl": {
        "title": "Cel",
        "provision": "Podstawa",
        "interest": "Nasz interes",
        "data": "Dane",
        "kept": "Jak długo",
        "recipients": "Odbiorcy",
        "objection": "Sprzeciw",
        "withdrawal": "Wycofanie zgody",
    },
    "en": {
        "title": "Purpose",
        "provision": "Basis",
        "interest": "Our interest",
        "data": "Data",
        "kept": "How long",
        "recipients": "Recipients",
        "objection": "Objection",
        "withdrawal": "Withdrawal",
    },
}


def letter(notice: Notice, purposes: Sequence[str], version: int, from_day: date, public_url: str) -> tuple[str, str]:
    """Subject and text, in the language of the notice."""
    language, day = notice.language, from_day.isoformat()
    told = "\n\n".join(_purpose(part, language) for part in notice.purposes if part.key in purposes)
    link = f"{public_url}/privacy-notice?version={version}&lang={language}"
    return TITLE[language].format(day=day), BODY[language].format(day=day, purposes=told, version=version, link=link)


def _purpose(part: PurposePart, language: Language) -> str:
    said = {name: getattr(part, name) for name in LABELS[language]}
    lines = {name: ", ".join(value) if isinstance(value, tuple) else value for name, value in said.items() if value}
    return "\n".join(f"{LABELS[language][name]}: {line}" for name, line in lines.items())
