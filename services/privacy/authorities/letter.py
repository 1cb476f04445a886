"""The mail by which somebody hears that an authority was given their data (GDPR Art. 5(1)(a), 15(1)(c); C-154/21)."""

from datetime import date

from services.privacy.authorities.store import DueTelling
from services.privacy.register.model import Register
from services.privacy.register.remedies import court, where_to_complain
from shared.contracts.fields import Language
from shared.law.calendar import WARSAW

TITLE: dict[Language, str] = {
    "pl": "Udostępniliśmy Twoje dane organowi",
    "en": "We have given an authority your data",
}
BODY: dict[Language, str] = {
    "pl": (
        "Organ: {authority}\nZnak: {reference}\nPodstawa: {basis}\nDzień: {day}\n\n"
        "Na żądanie tego organu udostępniliśmy mu dane o Tobie:\n{categories}\n\n{silence}"
        "Możesz nas o to zapytać: {contact}. Możesz złożyć skargę do organu nadzorczego: {complain}.\n{court}\n"
    ),
    "en": (
        "Authority: {authority}\nReference: {reference}\nBasis: {basis}\nDay: {day}\n\n"
        "Upon the demand of this authority we have given it data about you:\n{categories}\n\n{silence}"
        "You can ask us about it: {contact}. You can complain to the supervisory authority: {complain}.\n{court}\n"
    ),
}
SILENCE: dict[Language, str] = {
    "pl": "Dotąd nie wolno nam było o tym mówić: {provision}, do {until}.\n\n",
    "en": "Until now we were not allowed to tell you: {provision}, until {until}.\n\n",
}


def letter(due: DueTelling, register: Register, language: Language, day: date) -> tuple[str, str]:
    """Subject and text."""
    known = [register.categories[key] for key in due.handed if key in register.categories]
    place = where_to_complain(day)
    silence = SILENCE[language].format(provision=due.silence_by, until=due.silence_until) if due.silence_until else ""
    return TITLE[language], BODY[language].format(
        authority=due.authority,
        reference=due.reference,
        basis=due.basis,
        day=due.decided_at.astimezone(WARSAW).date(),
        categories="\n".join(f"- {each.title.in_(language)}" for each in known),
        silence=silence,
        contact=register.controller.email,
        complain=f"{place.name}, {place.address}, {place.website}",
        court=court(),
    )
