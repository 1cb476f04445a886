"""The words of privacy's letters about restrictions and objections, Polish and English."""

from services.privacy.extents import Extent
from shared.contracts.fields import Language

GROUNDS = {
    ("accuracy contested", "pl"): "kwestionujesz prawidłowość danych (RODO art. 18 ust. 1 lit. a)",
    ("accuracy contested", "en"): "you contest the accuracy of the data (GDPR Art. 18(1)(a))",
    (
        "unlawful processing",
        "pl",
    ): "przetwarzanie jest niezgodne z prawem, a nie chcesz usunięcia (art. 18 ust. 1 lit. b)",
    ("unlawful processing", "en"): "the processing is unlawful and you do not want erasure (GDPR Art. 18(1)(b))",
    ("needed for claims", "pl"): "dane są Ci potrzebne do roszczeń (RODO art. 18 ust. 1 lit. c)",
    ("needed for claims", "en"): "you need the data for claims (GDPR Art. 18(1)(c))",
    ("objection pending", "pl"): "czekasz na rozpatrzenie sprzeciwu (RODO art. 18 ust. 1 lit. d)",
    ("objection pending", "en"): "your objection is being decided (GDPR Art. 18(1)(d))",
}

# What a restriction means: of everything, of purposes, of a category of data.
MEANS: dict[tuple[Extent, Language], str] = {
    ("everything", "pl"): (
        "Dane tylko przechowujemy. Nie ma reklam, profilowania, analiz ani nowych zamówień. Dalej działają:\n"
        "logowanie i strony Twoich praw, umowy, które trwają, obowiązki prawne oraz roszczenia\n"
        "(RODO art. 18 ust. 2)."
    ),
    ("everything", "en"): (
        "We only store the data. There is no advertising, no profiling, no analysis and no new order. What goes\n"
        "on: signing in and the pages of your rights, contracts that are running, legal duties and claims\n"
        "(GDPR Art. 18(2))."
    ),
    ("purposes", "pl"): (
        "Do tego, co wymieniamy wyżej, nie używamy żadnych Twoich danych. Inne cele zostają bez zmian; Twoje zgody\n"
        "i ich wycofania pozostają w mocy."
    ),
    ("purposes", "en"): (
        "For what is named above we use none of your data. Other purposes go on as before; your consents and their\n"
        "withdrawals stand."
    ),
    ("field", "pl"): (
        "Tych danych, i wszystkiego, co stoi razem z nimi, nie używamy do marketingu, profilowania, analiz ani\n"
        "statystyki, i nie usuwamy ich z upływem czasu. Dalej służą umowom, które trwają, obowiązkom prawnym, jak\n"
        "podatki, oraz roszczeniom (RODO art. 18 ust. 2)."
    ),
    ("field", "en"): (
        "This data, and whatever stands beside it, we use for no marketing, profiling, analysis or statistics, and\n"
        "it is not deleted by age. It goes on serving contracts that are running, legal duties such as taxes, and\n"
        "claims (GDPR Art. 18(2))."
    ),
}

# Where to turn belongs into each letter that decides something (GDPR Art. 12(4)).
COMPLAINT = {
    "pl": "Na naszą decyzję możesz złożyć skargę: {authority}.\n{court}\n",
    "en": "You can complain about our decision to {authority}.\n{court}\n",
}

BLOCK_LETTERS: dict[tuple[str, str, Language], tuple[str, str]] = {
    ("restriction", "receipt", "pl"): (
        "Otrzymaliśmy Twoje żądanie ograniczenia przetwarzania",
        (
            "Sprawa: {case_id}\nOtrzymana: {received_on}\nOdpowiemy najpóźniej: {due_on}\n\n"
            "Ograniczamy: {about}\nDlaczego: {ground}.\n\n"
            "Ograniczenie już działa w naszej ewidencji; napiszemy, gdy potwierdzi je każdy nasz system.\n"
            "Kodem sprawy sprawdzisz przebieg i możesz w każdej chwili wycofać żądanie.\n"
        ),
    ),
    ("restriction", "receipt", "en"): (
        "We have received your request for restriction",
        (
            "Case: {case_id}\nReceived: {received_on}\nWe answer by: {due_on}\n\n"
            "Restricted: {about}\nWhy: {ground}.\n\n"
            "The restriction stands in our records already; we write again when each of our systems has confirmed it.\n"
            "With the case token you see the progress, and can take the request back at any time.\n"
        ),
    ),
    ("restriction", "outcome", "pl"): (
        "Przetwarzanie Twoich danych jest ograniczone",
        (
            "Sprawa: {case_id}\nOtrzymana: {received_on}\nOgraniczone: {about}\n\n"
            "Każdy nasz system potwierdził ograniczenie. Dlaczego: {ground}.\n\n{recipients}"
            "{means}\n\n"
            "Zanim uchylimy ograniczenie, napiszemy do Ciebie. Kodem sprawy możesz je zakończyć w każdej chwili.\n\n"
        )
        + COMPLAINT["pl"],
    ),
    ("restriction", "outcome", "en"): (
        "The processing of your data is restricted",
        (
            "Case: {case_id}\nReceived: {received_on}\nRestricted: {about}\n\n"
            "Each of our systems has confirmed the restriction. Why: {ground}.\n\n{recipients}"
            "{means}\n\n"
            "We write to you before we lift the restriction. With the case token you can end it at any time.\n\n"
        )
        + COMPLAINT["en"],
    ),
    ("restriction", "lifting", "pl"): (
        "Uchylimy ograniczenie przetwarzania Twoich danych",
        (
            "Sprawa: {case_id}\nOgraniczone: {about}\n\n"
            "Zamierzamy uchylić ograniczenie przetwarzania Twoich danych (RODO art. 18 ust. 3).\n"
            "Dlaczego: {reason}\n\n"
            "Potem będziemy przetwarzać dane jak przedtem; Twoje zgody, ich wycofania i sprzeciwy pozostają w mocy.\n"
            "Jeśli się nie zgadzasz, napisz na {contact}.\n\n"
        )
        + COMPLAINT["pl"],
    ),
    ("restriction", "lifting", "en"): (
        "We are going to lift the restriction of your data",
        (
            "Case: {case_id}\nRestricted: {about}\n\n"
            "We are going to lift the restriction of the processing of your data (GDPR Art. 18(3)).\n"
            "Why: {reason}\n\n"
            "After that we process the data as before; your consents, withdrawals and objections stand.\n"
            "If you do not agree, write to {contact}.\n\n"
        )
        + COMPLAINT["en"],
    ),
    ("restriction", "lifted", "pl"): (
        "Ograniczenie przetwarzania Twoich danych uchylone",
        "Sprawa: {case_id}\nZakończona: {closed_on}\nDotyczyło: {about}\n\n"
        "Ograniczenie zostało uchylone, jak zapowiedzieliśmy.\n\n{recipients}" + COMPLAINT["pl"],
    ),
    ("restriction", "lifted", "en"): (
        "The restriction of your data has been lifted",
        "Case: {case_id}\nClosed: {closed_on}\nIt was of: {about}\n\n"
        "The restriction has been lifted as we announced.\n\n{recipients}" + COMPLAINT["en"],
    ),
    ("restriction", "withdrawn", "pl"): (
        "Żądanie ograniczenia przetwarzania wycofane",
        (
            "Sprawa: {case_id}\nDotyczyło: {about}\n\n"
            "Żądanie zostało wycofane i ograniczenie z tej sprawy już nie działa.\n\n{recipients}"
        ),
    ),
    ("restriction", "withdrawn", "en"): (
        "Request for restriction withdrawn",
        (
            "Case: {case_id}\nIt was of: {about}\n\n"
            "The request was taken back, and the restriction of this case has ended.\n\n{recipients}"
        ),
    ),
    ("marketing-objection", "receipt", "pl"): (
        "Otrzymaliśmy Twój sprzeciw wobec marketingu",
        (
            "Sprawa: {case_id}\nOtrzymana: {received_on}\n\n"
            "Sprzeciw działa od tej chwili. Napiszemy, gdy potwierdzi go każdy nasz system.\n"
        ),
    ),
    ("marketing-objection", "receipt", "en"): (
        "We have received your objection to marketing",
        (
            "Case: {case_id}\nReceived: {received_on}\n\n"
            "The objection counts from now on. We write again when each of our systems has confirmed it.\n"
        ),
    ),
    ("marketing-objection", "withdrawn", "pl"): (
        "Sprzeciw wobec marketingu wycofany",
        "Sprawa: {case_id}\n\nTa sprawa się zakończyła, zanim sprzeciw zaczął działać. Niczego nie zmieniliśmy.\n",
    ),
    ("marketing-objection", "withdrawn", "en"): (
        "Objection to marketing withdrawn",
        "Case: {case_id}\n\nThis case has ended before the objection counted. Nothing was changed.\n",
    ),
    ("marketing-objection", "outcome", "pl"): (
        "Twój sprzeciw wobec marketingu jest spełniony",
        (
            "Sprawa: {case_id}\nOtrzymana: {received_on}\nZakończona: {closed_on}\n\n"
            "Każdy nasz system potwierdził sprzeciw (RODO art. 21 ust. 2-3): nie ma już marketingu żadnym kanałem ani\n"
            "profilowania do niego. Pamiętamy to w postaci skrótu adresu, z którego nie da się go odczytać.\n"
            "Wiadomości o trwających umowach przychodzą dalej.\n\n"
        )
        + COMPLAINT["pl"],
    ),
    ("marketing-objection", "outcome", "en"): (
        "Your objection to marketing is obeyed",
        (
            "Case: {case_id}\nReceived: {received_on}\nClosed: {closed_on}\n\n"
            "Each of our systems has confirmed the objection (GDPR Art. 21(2)-(3)): there is no marketing any more,\n"
            "on any channel, and no profiling for it. We remember that by a hash of the address, from which nobody\n"
            "can read it. Messages about running contracts go on.\n\n"
        )
        + COMPLAINT["en"],
    ),
}
