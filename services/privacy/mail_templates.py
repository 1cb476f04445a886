"""The words of privacy's letters, Polish and English."""

from services.privacy.copy_letters import COPY_CODES
from services.privacy.dormant_letters import DORMANT_LETTERS
from services.privacy.hold_letters import HOLD_LETTERS

CODE = COPY_CODES | {
    ("erasure", "pl"): (
        "Kod potwierdzający żądanie usunięcia danych",
        (
            "Ktoś poprosił o usunięcie danych powiązanych z tym adresem.\n{wish}\n\n"
            "Kod: {code}\nNumer żądania: {request_id}\n\n"
            "Kod jest ważny przez godzinę. Jeśli to nie Ty, zignoruj tę wiadomość: bez kodu nic się nie stanie.\n"
        ),
    ),
    ("erasure", "en"): (
        "Code to confirm a request for erasure",
        (
            "Somebody asked to erase the data connected with this address.\n{wish}\n\n"
            "Code: {code}\nRequest: {request_id}\n\n"
            "The code is valid for one hour. If it was not you, ignore this mail: nothing happens without the code.\n"
        ),
    ),
    ("right", "pl"): (
        "Kod potwierdzający żądanie dotyczące danych",
        (
            "Ktoś chce skorzystać z prawa do danych powiązanych z tym adresem:\n{wish}.\n\n"
            "Kod: {code}\nNumer żądania: {request_id}\n\n"
            "Kod jest ważny przez godzinę. Jeśli to nie Ty, zignoruj tę wiadomość: bez kodu nic się nie stanie.\n"
        ),
    ),
    ("right", "en"): (
        "Code to confirm a request about data",
        (
            "Somebody wants to use a right about the data connected with this address:\n{wish}.\n\n"
            "Code: {code}\nRequest: {request_id}\n\n"
            "The code is valid for one hour. If it was not you, ignore this mail: nothing happens without the code.\n"
        ),
    ),
    ("case token", "pl"): (
        "Kod potwierdzający prośbę o nowy kod sprawy",
        (
            "Ktoś poprosił o nowy kod sprawy o ochronę danych, prowadzonej dla tego adresu. Dotychczasowy kod sprawy\n"
            "przestanie działać.\n\n"
            "Kod: {code}\nNumer żądania: {request_id}\n\n"
            "Kod jest ważny przez godzinę. Jeśli to nie Ty, zignoruj tę wiadomość: bez kodu nic się nie stanie.\n"
        ),
    ),
    ("case token", "en"): (
        "Code to confirm a request for a new case token",
        (
            "Somebody asked for a new token for the privacy case of this address. The token that there was stops\n"
            "working.\n\n"
            "Code: {code}\nRequest: {request_id}\n\n"
            "The code is valid for one hour. If it was not you, ignore this mail: nothing happens without the code.\n"
        ),
    ),
}

# Whether there are contracts is not looked at: a code is mailed to anybody's address.
WISH = {
    (False, "pl"): "Umowy, jeśli jakieś trwają, mają trwać dalej: licencje działają, a my zachowamy, czego wymagają.",
    (True, "pl"): "Umowy, jeśli jakieś trwają, mają się zakończyć: licencje przestaną działać.",
    (False, "en"): "Contracts, if any are running, are to go on: licenses work, and we keep what they need.",
    (True, "en"): "Contracts, if any are running, are to end: licenses stop working.",
}

LAST_WORDS = {
    "pl": (
        "Jeśli nasz marketing spotkał się z Twoim sprzeciwem albo rezygnacją, pamiętamy to, żeby nie napisać znowu:\n"
        "w postaci skrótu adresu, z którego nie da się go odczytać (RODO art. 21 ust. 3).\n\n"
        "Pełne zaświadczenie, usługa po usłudze, otwiera kod sprawy. Na naszą decyzję możesz złożyć skargę:\n"
        "{authority}.\n{court}\n\nTen adres właśnie u nas zniknął;\n"
        "w aktach sprawy zostaje tylko jego skrót, po którym można ją odnaleźć.\n"
    ),
    "en": (
        "If you objected to our marketing or left it, we remember that so as not to write again: by a hash of the\n"
        "address, from which nobody can read it (GDPR Art. 21(3)).\n\n"
        "The whole certificate, service by service, opens with your case token. You can complain about our decision\n"
        "to {authority}.\n{court}\n\nThis address has just gone from our systems;\n"
        "the case keeps a hash of it only, by which it can be found.\n"
    ),
}

# In each receipt and what may come in its place: the mailbox may be that of somebody who asked for nothing.
STOP = {
    "pl": "\nJeśli to nie Ty, zatrzymaj sprawę pod tym adresem; nie potrzebujesz do tego kodu sprawy:\n{stop}\n",
    "en": "\nIf it was not you, stop the case at this address; you need no case token for it:\n{stop}\n",
}

# A contract that goes on is the one thing that a person can still end.
CONTRACT = {
    "pl": (
        "\n\nUmowa trwa dalej, choć konta już nie ma, i licencja działa. Możesz ją zakończyć w każdej chwili:\n"
        "kodem sprawy pod adresem\n{door}\nalbo pisząc do nas na {contact}. Wtedy znikną i te dane."
    ),
    "en": (
        "\n\nThe contract goes on without the account, and the license works. You can end it at any time:\n"
        "with the case token at\n{door}\nor by writing to {contact}. Then this data goes, too."
    ),
}

# An officer has ended the wait for its report; the certificate quotes why.
LEFT = {
    "pl": (
        "Jednego nie sprawdziliśmy: system „{service}” wycofaliśmy z użycia {day}, zanim potwierdził usunięcie.\n"
        "Dlaczego i co stało się z jego danymi, mówi zaświadczenie.\n\n"
    ),
    "en": (
        'One thing we did not check: we took the system "{service}" out of use on {day}, before it confirmed the\n'
        "erasure. The certificate says why, and what became of its data.\n\n"
    ),
}

OF_THEIR_OWN = HOLD_LETTERS | DORMANT_LETTERS
LETTERS = OF_THEIR_OWN | {
    ("receipt", "pl"): (
        "Otrzymaliśmy Twoje żądanie usunięcia danych",
        (
            "Sprawa: {case_id}\nOtrzymana: {received_on}\nOdpowiemy najpóźniej: {due_on}\n\n"
            "Usuwanie zacznie się {runs_at}. Do tej chwili możesz wycofać żądanie kodem sprawy,\n"
            "który został pokazany przy jego złożeniu. Tym samym kodem sprawdzisz przebieg i wynik.\n"
            "Jeśli nie masz kodu sprawy, poproś o nowy: potwierdzisz ten adres kodem z wiadomości.\n"
        ),
    ),
    ("receipt", "en"): (
        "We have received your request for erasure",
        (
            "Case: {case_id}\nReceived: {received_on}\nWe answer by: {due_on}\n\n"
            "The erasure starts {runs_at}. Until then you can withdraw the request with the case token\n"
            "that was shown when you made it. The same token shows you progress and outcome.\n"
            "If you do not have it, ask for a new one: you prove this address by a mailed code.\n"
        ),
    ),
    ("outcome", "pl"): (
        "Wynik żądania usunięcia danych: usunięte",
        "Sprawa: {case_id}\nZakończona: {closed_on}\n\nUsunęliśmy wszystko, co o Tobie mieliśmy.\n\n{left}{recipients}"
        + LAST_WORDS["pl"],
    ),
    ("outcome", "en"): (
        "The outcome of your request for erasure: erased",
        "Case: {case_id}\nClosed: {closed_on}\n\nWe have erased everything that we held about you.\n\n"
        "{left}{recipients}" + LAST_WORDS["en"],
    ),
    ("outcome: refused in part", "pl"): (
        "Wynik żądania usunięcia danych: usunięte poza tym, co musimy zachować",
        (
            "Sprawa: {case_id}\nZakończona: {closed_on}\n\n"
            "Usunęliśmy wszystko, co o Tobie mieliśmy, poza tym, co wymieniamy niżej. W tej części odmawiamy\n"
            "usunięcia. Zachowane dane służą tylko podanemu celowi i znikną same, gdy minie ich czas.\n\n"
            "{kept}\n\n{left}{recipients}"
        )
        + LAST_WORDS["pl"],
    ),
    ("outcome: refused in part", "en"): (
        "The outcome of your request for erasure: erased but for what we have to keep",
        (
            "Case: {case_id}\nClosed: {closed_on}\n\n"
            "We have erased everything that we held about you but what is listed below. As to this we refuse the\n"
            "erasure. What is kept serves the reason that is named only, and goes by itself when its time is over.\n\n"
            "{kept}\n\n{left}{recipients}"
        )
        + LAST_WORDS["en"],
    ),
    ("withdrawn", "pl"): (
        "Żądanie usunięcia danych wycofane",
        "Sprawa: {case_id}\n\nŻądanie zostało wycofane, nic nie usunęliśmy.\n",
    ),
    ("withdrawn", "en"): (
        "Request for erasure withdrawn",
        "Case: {case_id}\n\nThe request was withdrawn; nothing was erased.\n",
    ),
}
