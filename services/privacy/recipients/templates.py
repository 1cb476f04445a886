"""The words to recipients (Polish and English in one mail), and to people about them."""

from shared.contracts.fields import Language
from shared.contracts.privacy import NoticeAbout, NoticeEnding

FOOT = """
Oznaczenia i kategorie danych / references and categories of data:
{references}

{categories}

{controller}, {contact}
"""
NOTICES: dict[NoticeAbout, tuple[str, str]] = {
    "erasure": (
        "Usunięcie danych (RODO art. 19) / data erased (GDPR Art. 19)",
        "Osoby, których dotyczą poniższe oznaczenia, zażądały usunięcia danych, i usunęliśmy je (RODO art. 17).\n"
        "Zawiadamiamy o tym, bo dane zostały Państwu ujawnione (art. 19). Prosimy usunąć u siebie wszystko, czego\n"
        "zachowania nie wymaga prawo.\n\n"
        "The people behind the references below asked for erasure, and we have erased their data (GDPR Art. 17).\n"
        "You were given data about them, so we tell you (Art. 19). Please erase what the law does not make you keep.\n"
        + FOOT,
    ),
    "restriction": (
        "Ograniczenie przetwarzania (RODO art. 19) / processing restricted (GDPR Art. 19)",
        "Przetwarzanie danych osób, których dotyczą poniższe oznaczenia, jest ograniczone (RODO art. 18).\n"
        "Zawiadamiamy o tym, bo dane zostały Państwu ujawnione (art. 19). Prosimy je tylko przechowywać i zapytać\n"
        "nas przed każdym innym użyciem.\n\n"
        "The processing of the data of the people behind the references below is restricted (GDPR Art. 18).\n"
        "You were given data about them, so we tell you (Art. 19). Please only store it, and ask us before any other\n"
        "use.\n" + FOOT,
    ),
    "rectification": (
        "Sprostowanie danych (RODO art. 19) / data rectified (GDPR Art. 19)",
        "Dane osób, których dotyczą poniższe oznaczenia, zostały sprostowane (RODO art. 16). Zawiadamiamy o tym, bo\n"
        "zostały Państwu ujawnione przed sprostowaniem (art. 19). Prawidłową treść przekażemy bezpieczną drogą:\n"
        "prosimy napisać na podany niżej adres.\n\n"
        "The data of the people behind the references below has been rectified (GDPR Art. 16). You were given it\n"
        "before that, so we tell you (Art. 19). We hand over what is right by a safe way: please write to the\n"
        "address below.\n" + FOOT,
    ),
}
LIFTED: tuple[str, str] = (
    "Ograniczenie przetwarzania zakończone (RODO art. 19) / restriction lifted (GDPR Art. 19)",
    "Zawiadomiliśmy Państwa, że przetwarzanie danych osób, których dotyczą poniższe oznaczenia, jest ograniczone\n"
    "(RODO art. 18). To ograniczenie już nie obowiązuje; inne, o których Państwo wiedzą, trwają dalej.\n\n"
    "We told you that the processing of the data of the people behind the references below is restricted (GDPR\n"
    "Art. 18). This restriction does not hold any more; others that you know of go on.\n" + FOOT,
)
ANNOUNCED: dict[Language, str] = {
    "pl": "Zawiadamiamy o tym odbiorców, którym ujawniliśmy Twoje dane (RODO art. 19):\n{recipients}\n"
    "Kogo i kiedy zawiadomiliśmy, pokazuje sprawa.\n\n",
    "en": "We tell the recipients who were given your data (GDPR Art. 19):\n{recipients}\n"
    "The case shows whom we have told, and when.\n\n",
}
ENDINGS: dict[tuple[NoticeEnding | None, Language], str] = {
    (None, "pl"): "zawiadamiamy",
    (None, "en"): "is being told",
    ("mail", "pl"): "zawiadomiony pocztą elektroniczną {day}",
    ("mail", "en"): "told by e-mail on {day}",
    ("webhook", "pl"): "zawiadomiony podpisaną wiadomością między systemami, potwierdził ją {day}",
    ("webhook", "en"): "told by a signed message between systems, which it acknowledged on {day}",
    ("letter", "pl"): "zawiadomiony listem {day}",
    ("letter", "en"): "told by letter on {day}",
    ("telephone", "pl"): "zawiadomiony telefonicznie {day}",
    ("telephone", "en"): "told by telephone on {day}",
    ("portal", "pl"): "zawiadomiony przez swój portal {day}",
    ("portal", "en"): "told through its portal on {day}",
    ("impossible", "pl"): "niezawiadomiony, bo to niemożliwe: {reason}",
    ("impossible", "en"): "not told, because it is impossible: {reason}",
    ("disproportionate", "pl"): "niezawiadomiony, bo wymagałoby to niewspółmiernie dużego wysiłku: {reason}",
    ("disproportionate", "en"): "not told, because it would take a disproportionate effort: {reason}",
}
