"""The words of the letters about what a person decides after weighing, Polish and English."""

from services.privacy.block_templates import COMPLAINT
from services.privacy.extents import APART
from services.privacy.register.model import Register
from shared.contracts.fields import Language

PURPOSES = {
    ("direct-marketing", "pl"): "marketing bezpośredni",
    ("direct-marketing", "en"): "direct marketing",
    ("direct-marketing.email", "pl"): "marketing e-mailem",
    ("direct-marketing.email", "en"): "marketing by e-mail",
    ("direct-marketing.sms", "pl"): "marketing SMS-em",
    ("direct-marketing.sms", "en"): "marketing by text message",
    ("direct-marketing.phone", "pl"): "marketing przez telefon",
    ("direct-marketing.phone", "en"): "marketing by phone",
    ("export", "pl"): "przekazywanie danych dalej",
    ("export", "en"): "handing data on",
    ("profiling", "pl"): "profilowanie",
    ("profiling", "en"): "profiling",
    ("analytics", "pl"): "analiza korzystania z serwisu",
    ("analytics", "en"): "analysis of how the service is used",
    ("statistics", "pl"): "statystyka",
    ("statistics", "en"): "statistics",
}
EVERYTHING: dict[Language, str] = {"pl": "wszystkie Twoje dane", "en": "all of your data"}
WITHDRAWN = {
    "pl": "Sprawa: {case_id}\n\nŻądanie zostało wycofane: {about}.\n",
    "en": "Case: {case_id}\n\nThe request was taken back: {about}.\n",
}
HEAD = {
    "pl": "Sprawa: {case_id}\nOtrzymana: {received_on}\nOdpowiemy najpóźniej: {due_on}\nDotyczy: {about}\n\n",
    "en": "Case: {case_id}\nReceived: {received_on}\nWe answer by: {due_on}\nAbout: {about}\n\n",
}
DECIDED = {
    "pl": "Sprawa: {case_id}\nRozstrzygnięta: {closed_on}\nDotyczy: {about}\n\n",
    "en": "Case: {case_id}\nDecided: {closed_on}\nAbout: {about}\n\n",
}
BY_A_PERSON = {
    "pl": "Rozstrzygnął człowiek. Dlaczego: {reason}\n\n" + COMPLAINT["pl"],
    "en": "A person has decided this. Why: {reason}\n\n" + COMPLAINT["en"],
}

# An operator has ended the wait for it.
UNCORRECTED: dict[Language, str] = {
    "pl": (
        "Jednego nie wiemy: system „{service}” wycofaliśmy z użycia {day}, zanim potwierdził sprostowanie.\n"
        "Co się stało z jego danymi, powiemy, gdy do nas napiszesz.\n\n"
    ),
    "en": (
        'One thing we do not know: we took the system "{service}" out of use on {day}, before it confirmed the\n'
        "correction. We tell you what became of its data when you write to us.\n\n"
    ),
}

REVIEW_LETTERS: dict[tuple[str, str, Language], tuple[str, str]] = {
    ("objection", "receipt", "pl"): (
        "Otrzymaliśmy Twój sprzeciw",
        HEAD["pl"] + "Od tej chwili tego nie robimy (RODO art. 21 ust. 1, art. 18 ust. 1 lit. d). Sprzeciw rozważy\n"
        "człowiek i odpowie z uzasadnieniem. Kodem sprawy sprawdzisz przebieg i możesz wycofać żądanie.\n",
    ),
    ("objection", "receipt", "en"): (
        "We have received your objection",
        HEAD["en"]
        + "We have stopped doing this (GDPR Art. 21(1), 18(1)(d)). A person weighs the objection and answers\n"
        "with reasons. With the case token you see the progress and can take the request back.\n",
    ),
    ("objection", "outcome", "pl"): (
        "Twój sprzeciw działa w każdym naszym systemie",
        HEAD["pl"] + "Każdy nasz system potwierdził, że tego nie robi. Teraz sprzeciw rozważa człowiek.\n",
    ),
    ("objection", "outcome", "en"): (
        "Your objection is obeyed by each of our systems",
        HEAD["en"]
        + "Each of our systems has confirmed that it no longer does this. Now a person weighs the objection.\n",
    ),
    ("objection", "upheld", "pl"): (
        "Uwzględniliśmy Twój sprzeciw",
        DECIDED["pl"]
        + "Nie robimy tego więcej, a dane, które służyły tylko temu, usuwamy (RODO art. 17 ust. 1 lit. c).\n\n"
        + BY_A_PERSON["pl"],
    ),
    ("objection", "upheld", "en"): (
        "We have upheld your objection",
        DECIDED["en"]
        + "We do not do this any more, and delete what served this alone (GDPR Art. 17(1)(c)).\n\n"
        + BY_A_PERSON["en"],
    ),
    ("objection", "overruled", "pl"): (
        "Nie uwzględniliśmy Twojego sprzeciwu",
        DECIDED["pl"]
        + "Mamy ważne prawnie uzasadnione podstawy, nadrzędne wobec Twoich interesów (RODO art. 21 ust. 1),\n"
        "więc wracamy do tego. Twoje wcześniejsze wybory w panelu pozostają w mocy.\n\n" + BY_A_PERSON["pl"],
    ),
    ("objection", "overruled", "en"): (
        "We have not upheld your objection",
        DECIDED["en"]
        + "We have compelling legitimate grounds that override your interests (GDPR Art. 21(1)), and go on.\n"
        "What you had chosen in the panel before stands.\n\n" + BY_A_PERSON["en"],
    ),
    ("objection", "withdrawn", "pl"): ("Sprzeciw wycofany", WITHDRAWN["pl"]),
    ("objection", "withdrawn", "en"): ("Objection withdrawn", WITHDRAWN["en"]),
    ("human-review", "receipt", "pl"): (
        "Otrzymaliśmy Twoje żądanie, by decyzję rozpatrzył człowiek",
        HEAD["pl"] + "Człowiek rozpatrzy decyzję i Twoje stanowisko i odpowie z uzasadnieniem (RODO art. 22 ust. 3).\n",
    ),
    ("human-review", "receipt", "en"): (
        "We have received your request that a person reviews a decision",
        HEAD["en"]
        + "A person reviews the decision and what you say about it, and answers with reasons (GDPR Art. 22(3)).\n",
    ),
    ("human-review", "changed", "pl"): (
        "Zmieniliśmy decyzję",
        DECIDED["pl"] + "Decyzja została zmieniona.\n\n" + BY_A_PERSON["pl"],
    ),
    ("human-review", "changed", "en"): (
        "We have changed the decision",
        DECIDED["en"] + "The decision has been changed.\n\n" + BY_A_PERSON["en"],
    ),
    ("human-review", "confirmed", "pl"): (
        "Decyzja pozostaje bez zmian",
        DECIDED["pl"] + "Po rozpatrzeniu decyzja pozostaje bez zmian.\n\n" + BY_A_PERSON["pl"],
    ),
    ("human-review", "confirmed", "en"): (
        "The decision stands",
        DECIDED["en"] + "After the review the decision stands.\n\n" + BY_A_PERSON["en"],
    ),
    ("rectification", "receipt", "pl"): (
        "Otrzymaliśmy Twoje żądanie sprostowania danych",
        HEAD["pl"] + "Człowiek sprawdzi dane i odpowie z uzasadnieniem (RODO art. 16). Na ten czas możesz żądać\n"
        "ograniczenia przetwarzania (art. 18 ust. 1 lit. a).\n",
    ),
    ("rectification", "receipt", "en"): (
        "We have received your request for rectification",
        HEAD["en"] + "A person checks the data and answers with reasons (GDPR Art. 16). Until then you may ask\n"
        "for restriction (Art. 18(1)(a)).\n",
    ),
    ("rectification", "corrected", "pl"): (
        "Sprostowaliśmy Twoje dane",
        DECIDED["pl"] + "Dane zostały sprostowane lub uzupełnione. Wystawionej faktury nie zmieniamy:\n"
        "koryguje ją osobny dokument.\n\n{left}{recipients}" + BY_A_PERSON["pl"],
    ),
    ("rectification", "corrected", "en"): (
        "We have corrected your data",
        DECIDED["en"] + "The data has been corrected or completed. An issued invoice is not changed:\n"
        "another document corrects it.\n\n{left}{recipients}" + BY_A_PERSON["en"],
    ),
    ("rectification", "declined", "pl"): (
        "Nie sprostowaliśmy danych",
        DECIDED["pl"] + "Po sprawdzeniu dane pozostają bez zmian.\n\n" + BY_A_PERSON["pl"],
    ),
    ("rectification", "declined", "en"): (
        "We have not corrected the data",
        DECIDED["en"] + "After checking, the data stays as it is.\n\n" + BY_A_PERSON["en"],
    ),
    ("rectification", "withdrawn", "pl"): ("Żądanie sprostowania danych wycofane", WITHDRAWN["pl"]),
    ("rectification", "withdrawn", "en"): ("Request for rectification withdrawn", WITHDRAWN["en"]),
    ("human-review", "withdrawn", "pl"): ("Żądanie rozpatrzenia decyzji wycofane", WITHDRAWN["pl"]),
    ("human-review", "withdrawn", "en"): ("Request to review a decision withdrawn", WITHDRAWN["en"]),
}


def about_in_words(about: str | None, register: Register, language: Language) -> str:
    """Purposes, a decision or a category by the names that people know."""
    if about is None:
        return EVERYTHING[language]
    known = register.decisions.get(about) or register.categories.get(about)
    if known:
        return known.title.in_(language)
    return APART.join(PURPOSES[purpose, language] for purpose in about.split(APART))
