"""The words of the letters about copies, Polish and English."""

CODES_WITH_A_TOKEN = {
    "pl": (
        "Jeśli nie możesz się zalogować, poproś kodem sprawy o kod jednorazowy: przyślemy go na ten adres.\n"
        "Dopóki kopia istnieje, nie usuniemy Twoich danych. Wycofanie tego żądania niszczy kopię od razu."
    ),
    "en": (
        "If you cannot sign in, ask for a code with the case token: we mail it to this address.\n"
        "As long as the copy exists, we do not erase your data. Taking this request back destroys the copy at once."
    ),
}
RECEIVED = {
    "pl": "Sprawa: {case_id}\nOtrzymana: {received_on}\nOdpowiemy najpóźniej: {due_on}\n\n",
    "en": "Case: {case_id}\nReceived: {received_on}\nWe answer by: {due_on}\n\n",
}
GATHERING = {
    "pl": (
        "Zbieramy dane ze wszystkich naszych systemów i od razu je szyfrujemy. Gdy odpowie ostatni z nich, napiszemy,\n"
        "że kopia jest gotowa: zwykle po kilku minutach. Do tego czasu możesz sprawdzić przebieg kodem sprawy,\n"
        "który został pokazany przy złożeniu żądania, i nim też wycofać żądanie. Kopia nic nie kosztuje.\n"
    ),
    "en": (
        "We gather your data from all of our systems and encrypt it at once. When the last of them has answered, we\n"
        "write that the copy is ready, usually after some minutes. Until then you can follow the case with the token\n"
        "that was shown when you made the request, and take it back with the same token. The copy is free of charge.\n"
    ),
}
FETCH = {
    "pl": (
        "Sprawa: {case_id}\n\nPobierzesz ją po zalogowaniu i ponownym podaniu hasła:\n{door}\n\n"
        "Kopia jest do pobrania do dnia {copy_until}. Potem niszczymy jej klucz i nikt jej już nie odczyta, także my;\n"
        "możesz wtedy poprosić o nową.\n\n"
    )
    + CODES_WITH_A_TOKEN["pl"]
    + "\n",
    "en": (
        "Case: {case_id}\n\nFetch it after signing in and giving your password once more:\n{door}\n\n"
        "You can fetch the copy until {copy_until}. Then we destroy its key and nobody can read it any more, we\n"
        "neither; you may ask for a new one then.\n\n"
    )
    + CODES_WITH_A_TOKEN["en"]
    + "\n",
}

COPY_LETTERS = {
    ("access", "receipt", "pl"): ("Otrzymaliśmy Twoje żądanie kopii danych", RECEIVED["pl"] + GATHERING["pl"]),
    ("access", "receipt", "en"): (
        "We have received your request for a copy of your data",
        RECEIVED["en"] + GATHERING["en"],
    ),
    ("access", "ready", "pl"): ("Kopia Twoich danych jest gotowa", FETCH["pl"]),
    ("access", "ready", "en"): ("The copy of your data is ready", FETCH["en"]),
    ("access", "withdrawn", "pl"): (
        "Żądanie kopii danych wycofane",
        "Sprawa: {case_id}\n\nŻądanie zostało wycofane, a to, co zebraliśmy do kopii, zniszczone.\n",
    ),
    ("access", "withdrawn", "en"): (
        "Request for a copy of your data withdrawn",
        "Case: {case_id}\n\nThe request was withdrawn, and what we had gathered for the copy is destroyed.\n",
    ),
    ("portability", "receipt", "pl"): (
        "Otrzymaliśmy Twoje żądanie przeniesienia danych",
        RECEIVED["pl"] + GATHERING["pl"],
    ),
    ("portability", "receipt", "en"): (
        "We have received your request for your data to take with you",
        RECEIVED["en"] + GATHERING["en"],
    ),
    ("portability", "ready", "pl"): ("Twoje dane do przeniesienia są gotowe", FETCH["pl"]),
    ("portability", "ready", "en"): ("Your data to take with you is ready", FETCH["en"]),
    ("portability", "withdrawn", "pl"): (
        "Żądanie przeniesienia danych wycofane",
        "Sprawa: {case_id}\n\nŻądanie zostało wycofane, a to, co zebraliśmy, zniszczone.\n",
    ),
    ("portability", "withdrawn", "en"): (
        "Request for your data to take with you withdrawn",
        "Case: {case_id}\n\nThe request was withdrawn, and what we had gathered is destroyed.\n",
    ),
}

COPY_CODES = {
    ("copy", "pl"): (
        "Kod do pobrania kopii danych",
        (
            "Ktoś, kto zna kod sprawy, chce pobrać kopię danych przygotowaną dla tego adresu.\n\n"
            "Kod: {code}\nNumer żądania: {request_id}\n\n"
            "Kod jest ważny przez godzinę. Jeśli to nie Ty, nikomu go nie podawaj: bez niego kopii nie pobierze nikt.\n"
        ),
    ),
    ("copy", "en"): (
        "Code to fetch the copy of your data",
        (
            "Somebody who knows the case token wants to fetch the copy of the data made for this address.\n\n"
            "Code: {code}\nRequest: {request_id}\n\n"
            "The code is valid for one hour. If it was not you, give it to nobody: without it nobody gets the copy.\n"
        ),
    ),
}
