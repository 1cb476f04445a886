"""The words of privacy's letters, Polish and English."""

CODE = {
    "pl": (
        "Kod potwierdzający żądanie usunięcia danych",
        (
            "Ktoś poprosił o usunięcie danych powiązanych z tym adresem.\n{wish}\n\n"
            "Kod: {code}\nNumer żądania: {request_id}\n\n"
            "Kod jest ważny przez godzinę. Jeśli to nie Ty, zignoruj tę wiadomość: bez kodu nic się nie stanie.\n"
        ),
    ),
    "en": (
        "Code to confirm a request for erasure",
        (
            "Somebody asked to erase the data connected with this address.\n{wish}\n\n"
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

LETTERS = {
    ("receipt", "pl"): (
        "Otrzymaliśmy Twoje żądanie usunięcia danych",
        (
            "Sprawa: {case_id}\nOtrzymana: {received_on}\nOdpowiemy najpóźniej: {due_on}\n\n"
            "Usuwanie zacznie się {runs_at}. Do tej chwili możesz wycofać żądanie kodem sprawy,\n"
            "który został pokazany przy jego złożeniu. Tym samym kodem sprawdzisz przebieg i wynik.\n"
        ),
    ),
    ("receipt", "en"): (
        "We have received your request for erasure",
        (
            "Case: {case_id}\nReceived: {received_on}\nWe answer by: {due_on}\n\n"
            "The erasure starts {runs_at}. Until then you can withdraw the request with the case token\n"
            "that was shown when you made it. The same token shows you progress and outcome.\n"
        ),
    ),
    ("outcome", "pl"): (
        "Wynik żądania usunięcia danych",
        (
            "Sprawa: {case_id}\nZakończona: {closed_on}\n\n"
            "Usunęliśmy wszystko, czego prawo nie każe nam zachować. Co zachowaliśmy, do kiedy i na jakiej\n"
            "podstawie, mówi zaświadczenie dostępne pod kodem sprawy. Na częściową odmowę możesz złożyć skargę:\n"
            "{authority}; możesz też wnieść sprawę do sądu: {court}.\n\nTen adres właśnie u nas zniknął.\n"
        ),
    ),
    ("outcome", "en"): (
        "The outcome of your request for erasure",
        (
            "Case: {case_id}\nClosed: {closed_on}\n\n"
            "We have erased everything that the law does not oblige us to keep. What we kept, until when and by\n"
            "which provision, is in the certificate that your case token opens. You can complain about a partial\n"
            "refusal to {authority}, and go to court: {court}.\n\nThis address has just gone from our systems.\n"
        ),
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
