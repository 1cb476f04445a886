"""The words of the letter to a person whose erasure waits for a legal hold (GDPR Art. 12(4), 17(3))."""

HOLD_LETTERS = {
    ("held", "pl"): (
        "Twoje żądanie usunięcia danych musi poczekać",
        (
            "Sprawa: {case_id}\nOtrzymana: {received_on}\n\n"
            "Na razie nie usuniemy Twoich danych: niżej wymienione są potrzebne, a reszty nie możemy od nich\n"
            "oddzielić. Gdy przyczyna minie, usuniemy je bez ponownego żądania i napiszemy.\n\n{kept}\n\n"
            "Na naszą decyzję możesz złożyć skargę: {authority}.\n{court}\n"
        ),
    ),
    ("held", "en"): (
        "Your request for erasure has to wait",
        (
            "Case: {case_id}\nReceived: {received_on}\n\n"
            "For the time being we do not erase your data: what is listed below is needed, and the rest can't\n"
            "be taken apart from it. When the reason is gone we erase it, without your asking again, and write to\n"
            "you.\n\n{kept}\n\n"
            "You can complain about our decision to {authority}.\n{court}\n"
        ),
    ),
}
