"""The words to somebody whose account ends because nobody uses it: they asked for nothing."""

DORMANT_LETTERS = {
    ("receipt: dormant", "pl"): (
        "Usuwamy Twoje nieużywane konto",
        (
            "Sprawa: {case_id}\nRozpoczęta: {received_on}\nZakończymy ją najpóźniej: {due_on}\n\n"
            "Od co najmniej dwóch lat nikt nie używa Twojego konta; pisaliśmy o tym dwa razy. Usuwanie zacznie się\n"
            "{runs_at}. Jeśli konto ma pozostać, zatrzymaj sprawę przed tą chwilą i zaloguj się.\n"
        ),
    ),
    ("receipt: dormant", "en"): (
        "We delete your account, which is not used",
        (
            "Case: {case_id}\nBegun: {received_on}\nWe finish it by: {due_on}\n\n"
            "Nobody has used your account for two years or more; we wrote to you about it twice. The erasure starts\n"
            "{runs_at}. If the account is to stay, stop the case before that and sign in.\n"
        ),
    ),
}
