"""The words of the desk's letters, Polish and English."""

from services.privacy.desk.checklist import Kind
from shared.contracts.fields import Language
from shared.contracts.privacy import RefusalGround, Right

RIGHTS: dict[tuple[Right, Language], str] = {
    ("erasure", "pl"): "usunięcie danych (RODO art. 17)",
    ("erasure", "en"): "erasure of data (GDPR Art. 17)",
    ("access", "pl"): "kopia danych (RODO art. 15)",
    ("access", "en"): "a copy of data (GDPR Art. 15)",
    ("portability", "pl"): "przeniesienie danych (RODO art. 20)",
    ("portability", "en"): "data to take with you (GDPR Art. 20)",
    ("restriction", "pl"): "ograniczenie przetwarzania (RODO art. 18)",
    ("restriction", "en"): "restriction of processing (GDPR Art. 18)",
    ("marketing-objection", "pl"): "sprzeciw wobec marketingu (RODO art. 21 ust. 2)",
    ("marketing-objection", "en"): "objection to marketing (GDPR Art. 21(2))",
    ("objection", "pl"): "sprzeciw (RODO art. 21 ust. 1)",
    ("objection", "en"): "objection (GDPR Art. 21(1))",
    ("human-review", "pl"): "rozpatrzenie decyzji przez człowieka (RODO art. 22 ust. 3)",
    ("human-review", "en"): "review of a decision by a person (GDPR Art. 22(3))",
    ("rectification", "pl"): "sprostowanie danych (RODO art. 16)",
    ("rectification", "en"): "rectification of data (GDPR Art. 16)",
}
EXTENSIONS: dict[tuple[str, Language], str] = {
    ("complexity", "pl"): "żądanie jest skomplikowane (RODO art. 12 ust. 3)",
    ("complexity", "en"): "the request is complex (GDPR Art. 12(3))",
    ("number", "pl"): "liczba żądań (RODO art. 12 ust. 3)",
    ("number", "en"): "the number of requests (GDPR Art. 12(3))",
}
GROUNDS: dict[tuple[RefusalGround, Language], str] = {
    ("manifestly unfounded", "pl"): "żądanie jest ewidentnie nieuzasadnione",
    ("manifestly unfounded", "en"): "the request is manifestly unfounded",
    ("excessive", "pl"): "żądanie jest nadmierne",
    ("excessive", "en"): "the request is excessive",
    ("not identified", "pl"): "nie możemy ustalić, czy żądanie pochodzi od osoby, której dane dotyczą",
    ("not identified", "en"): "we cannot tell whether the request comes from the person whom the data are about",
    ("no ground applies", "pl"): "nie zachodzi żadna z podstaw usunięcia",
    ("no ground applies", "en"): "none of the grounds for erasure applies",
    ("freedom of expression", "pl"): "korzystanie z wolności wypowiedzi i informacji",
    ("freedom of expression", "en"): "the freedom of expression and information",
    ("legal obligation", "pl"): "prawny obowiązek przechowywania",
    ("legal obligation", "en"): "a legal obligation to keep the data",
    ("public health", "pl"): "interes publiczny w dziedzinie zdrowia publicznego",
    ("public health", "en"): "public interest in public health",
    ("archiving and research", "pl"): "cele archiwalne, badawcze lub statystyczne",
    ("archiving and research", "en"): "archiving, research or statistics",
    ("legal claims", "pl"): "ustalenie, dochodzenie lub obrona roszczeń",
    ("legal claims", "en"): "establishing, exercising or defending legal claims",
    ("rights of others", "pl"): "prawa i wolności innych osób",
    ("rights of others", "en"): "the rights and freedoms of others",
}
WHOLE: dict[Language, str] = {"pl": "całe żądanie", "en": "the whole request"}
KEPT: dict[Language, str] = {"pl": "Przechowujemy do: {day}", "en": "Kept until: {day}"}
LAW: dict[Language, str] = {"pl": "Podstawa prawna: {law}", "en": "Legal basis: {law}"}
LATE: dict[Language, str] = {
    "pl": "Odpowiadamy po terminie, za co przepraszamy. Dlaczego: {why}\n\n",
    "en": "We answer after the last day, for which we apologize. Why: {why}\n\n",
}
STANDS: dict[tuple[bool, Language], str] = {
    (True, "pl"): "Do czasu Twojej odpowiedzi\nnasz termin nie biegnie (RODO art. 12 ust. 6).",
    (True, "en"): "Until you answer,\nour time does not run (GDPR Art. 12(6)).",
    (False, "pl"): "Nasz termin biegnie dalej.",
    (False, "en"): "Our time goes on.",
}

HEAD: dict[Language, str] = {
    "pl": "Sprawa: {case_id}\nData: {date}\n\n",
    "en": "Case: {case_id}\nDate: {date}\n\n",
}
CONTACT: dict[Language, str] = {
    "pl": "\nPytania i odpowiedzi: {contact}\n",
    "en": "\nQuestions and answers: {contact}\n",
}
REMEDIES: dict[Language, str] = {
    "pl": "\nMożesz złożyć skargę: {authority}.\n{court}\n",
    "en": "\nYou can complain to {authority}.\n{court}\n",
}

LETTERS: dict[tuple[Kind, Language], tuple[str, str]] = {
    ("entered", "pl"): (
        "Otrzymaliśmy Twoje żądanie",
        HEAD["pl"] + "Otrzymaliśmy żądanie: {what}.\nData otrzymania: {received}. Odpowiemy najpóźniej: {due}.\n\n"
        "Najpierw upewnimy się, że żądanie pochodzi od Ciebie; do tego czasu niczego nie zmieniamy i niczego nie\n"
        "wydajemy. Kodem sprawy sprawdzisz jej przebieg i możesz wycofać żądanie; dostaniesz go, gdy poprosisz\n"
        "o nowy: potwierdzisz ten adres kodem z wiadomości.\n" + CONTACT["pl"],
    ),
    ("entered", "en"): (
        "We have received your request",
        HEAD["en"] + "We have received a request: {what}.\nReceived: {received}. We answer by: {due}.\n\n"
        "First we make certain that it comes from you; until then we change nothing and hand nothing out. With\n"
        "the case token you follow the case and can take the request back; you get one by asking for a new one: you\n"
        "prove this address by a mailed code.\n" + CONTACT["en"],
    ),
    ("joined", "pl"): (
        "Twoje żądanie łączymy ze sprawą, która już trwa",
        HEAD["pl"] + "Otrzymaliśmy jeszcze jedno takie żądanie: {what}.\n"
        "Połączyliśmy je z tą sprawą: nie odmawiamy go i nie pobieramy opłaty. Odpowiemy najpóźniej: {due}.\n"
        + CONTACT["pl"],
    ),
    ("joined", "en"): (
        "We join your request to the case that is open",
        HEAD["en"] + "We have received one more such request: {what}.\n"
        "It is joined to this case: it is not refused, and there is no fee. We answer by: {due}.\n" + CONTACT["en"],
    ),
    ("identity question", "pl"): (
        "Pytanie do Twojego żądania: upewnijmy się, że to Ty",
        HEAD["pl"] + "Nie mamy pewności, że żądanie pochodzi od osoby, której dane dotyczą, dlatego pytamy:\n\n"
        "{question}\n\n"
        "Nie przysyłaj skanu dokumentu tożsamości. {stands}\nDo tego czasu niczego nie usuwamy ani nie wydajemy.\n"
        + CONTACT["pl"],
    ),
    ("identity question", "en"): (
        "A question about your request: is it you?",
        HEAD["en"] + "We are not certain that the request comes from the person whom the data are about. So we ask:\n\n"
        "{question}\n\n"
        "Do not send a scan of an identity document. {stands}\nUntil then we erase nothing and hand nothing out.\n"
        + CONTACT["en"],
    ),
    ("extension", "pl"): (
        "Potrzebujemy więcej czasu na odpowiedź",
        HEAD["pl"] + "Przedłużamy termin odpowiedzi na Twoje żądanie. Nowy termin: {new_date}.\n\n"
        "Dlaczego: {reasons}\n" + REMEDIES["pl"] + CONTACT["pl"],
    ),
    ("extension", "en"): (
        "We need more time to answer",
        HEAD["en"] + "We extend the time for our answer to your request. The new last day: {new_date}.\n\n"
        "Why: {reasons}\n" + REMEDIES["en"] + CONTACT["en"],
    ),
    ("recipients", "pl"): (
        "Kogo zawiadomiliśmy",
        HEAD["pl"] + "Pytasz, których odbiorców Twoich danych zawiadamiamy (RODO art. 19).\nSprawa dotyczy: {what}.\n\n"
        "{recipients}\n" + CONTACT["pl"],
    ),
    ("recipients", "en"): (
        "Whom we have told",
        HEAD["en"] + "You ask which recipients of your data we tell (GDPR Art. 19).\nThe case is about: {what}.\n\n"
        "{recipients}\n" + CONTACT["en"],
    ),
    ("refusal", "pl"): (
        "Odmawiamy Twojemu żądaniu",
        HEAD["pl"] + "{late}Odmawiamy temu, o co prosisz: {right}.\n\n{what}\n\n"
        "Dlaczego: {reasons}\n" + REMEDIES["pl"] + CONTACT["pl"],
    ),
    ("refusal", "en"): (
        "We refuse your request",
        HEAD["en"] + "{late}We refuse what you ask for: {right}.\n\n{what}\n\n"
        "Why: {reasons}\n" + REMEDIES["en"] + CONTACT["en"],
    ),
}
