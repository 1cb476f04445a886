"""The words of privacy's letters about restrictions and objections, Polish and English."""

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
            "Dlaczego: {ground}.\n\n"
            "Ograniczenie już działa w naszej ewidencji; napiszemy, gdy potwierdzi je każdy nasz system.\n"
            "Kodem sprawy sprawdzisz przebieg i możesz w każdej chwili wycofać żądanie.\n"
        ),
    ),
    ("restriction", "receipt", "en"): (
        "We have received your request for restriction",
        (
            "Case: {case_id}\nReceived: {received_on}\nWe answer by: {due_on}\n\n"
            "Why: {ground}.\n\n"
            "The restriction stands in our records already; we write again when each of our systems has confirmed it.\n"
            "With the case token you see the progress, and can take the request back at any time.\n"
        ),
    ),
    ("restriction", "outcome", "pl"): (
        "Przetwarzanie Twoich danych jest ograniczone",
        (
            "Sprawa: {case_id}\n\n"
            "Każdy nasz system potwierdził ograniczenie. Dlaczego: {ground}.\n\n{recipients}"
            "Dane tylko przechowujemy. Nie ma reklam, profilowania, analiz ani nowych zamówień. Dalej działają:\n"
            "logowanie i strony Twoich praw, umowy, które trwają, obowiązki prawne oraz roszczenia\n"
            "(RODO art. 18 ust. 2).\n\n"
            "Zanim uchylimy ograniczenie, napiszemy do Ciebie. Kodem sprawy możesz je zakończyć w każdej chwili.\n\n"
        )
        + COMPLAINT["pl"],
    ),
    ("restriction", "outcome", "en"): (
        "The processing of your data is restricted",
        (
            "Case: {case_id}\n\n"
            "Each of our systems has confirmed the restriction. Why: {ground}.\n\n{recipients}"
            "We only store the data. There is no advertising, no profiling, no analysis and no new order. What goes\n"
            "on: signing in and the pages of your rights, contracts that are running, legal duties and claims\n"
            "(GDPR Art. 18(2)).\n\n"
            "We write to you before we lift the restriction. With the case token you can end it at any time.\n\n"
        )
        + COMPLAINT["en"],
    ),
    ("restriction", "lifting", "pl"): (
        "Uchylimy ograniczenie przetwarzania Twoich danych",
        (
            "Sprawa: {case_id}\n\n"
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
            "Case: {case_id}\n\n"
            "We are going to lift the restriction of the processing of your data (GDPR Art. 18(3)).\n"
            "Why: {reason}\n\n"
            "After that we process the data as before; your consents, withdrawals and objections stand.\n"
            "If you do not agree, write to {contact}.\n\n"
        )
        + COMPLAINT["en"],
    ),
    ("restriction", "lifted", "pl"): (
        "Ograniczenie przetwarzania Twoich danych uchylone",
        "Sprawa: {case_id}\nZakończona: {closed_on}\n\nOgraniczenie zostało uchylone, jak zapowiedzieliśmy.\n\n"
        + COMPLAINT["pl"],
    ),
    ("restriction", "lifted", "en"): (
        "The restriction of your data has been lifted",
        "Case: {case_id}\nClosed: {closed_on}\n\nThe restriction has been lifted as we announced.\n\n"
        + COMPLAINT["en"],
    ),
    ("restriction", "withdrawn", "pl"): (
        "Żądanie ograniczenia przetwarzania wycofane",
        "Sprawa: {case_id}\n\nŻądanie zostało wycofane i ograniczenie z tej sprawy już nie działa.\n",
    ),
    ("restriction", "withdrawn", "en"): (
        "Request for restriction withdrawn",
        "Case: {case_id}\n\nThe request was taken back, and the restriction of this case has ended.\n",
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
    ("marketing-objection", "outcome", "pl"): (
        "Twój sprzeciw wobec marketingu jest spełniony",
        (
            "Sprawa: {case_id}\nZakończona: {closed_on}\n\n"
            "Każdy nasz system potwierdził sprzeciw (RODO art. 21 ust. 2-3): nie ma już marketingu żadnym kanałem ani\n"
            "profilowania do niego. Pamiętamy to w postaci skrótu adresu, z którego nie da się go odczytać.\n"
            "Wiadomości o trwających umowach przychodzą dalej.\n\n"
        )
        + COMPLAINT["pl"],
    ),
    ("marketing-objection", "outcome", "en"): (
        "Your objection to marketing is obeyed",
        (
            "Case: {case_id}\nClosed: {closed_on}\n\n"
            "Each of our systems has confirmed the objection (GDPR Art. 21(2)-(3)): there is no marketing any more,\n"
            "on any channel, and no profiling for it. We remember that by a hash of the address, from which nobody\n"
            "can read it. Messages about running contracts go on.\n\n"
        )
        + COMPLAINT["en"],
    ),
}
