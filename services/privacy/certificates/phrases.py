"""The words of a certificate as a person reads it, Polish and English."""

from shared.contracts.fields import Language

TITLE = {"pl": "Zaświadczenie o usunięciu danych", "en": "Certificate of erasure"}
FACTS = {
    "pl": {
        "case_id": "Numer sprawy",
        "received_at": "Żądanie otrzymaliśmy",
        "due_on": "Termin odpowiedzi",
        "ordered_at": "Usuwanie zlecono",
        "closed_at": "Usuwanie zakończono",
        "outcome": "Wynik",
    },
    "en": {
        "case_id": "Case",
        "received_at": "Request received",
        "due_on": "Answer due",
        "ordered_at": "Erasure ordered",
        "closed_at": "Erasure completed",
        "outcome": "Outcome",
    },
}
OUTCOMES = {
    "pl": {
        "complete": "usunięto wszystko",
        "partial refusal": "usunięto z wyjątkiem tego, co musimy zachować (częściowa odmowa)",
        "unchecked in part": "usunięto; jedna z usług odeszła, zanim odpowiedziała",
        "traces found": "usunięto, ale przeszukanie znalazło pozostałości; zajmujemy się nimi",
    },
    "en": {
        "complete": "everything was erased",
        "partial refusal": "erased except for what we must keep (partial refusal)",
        "unchecked in part": "erased; one of the services left before it had answered",
        "traces found": "erased, but the search found something that was left behind; we are seeing to it",
    },
}
HEADINGS = {
    "pl": {
        "erased": "Co usunęliśmy, poza tym, co wymieniamy niżej",
        "kept": "Co zachowujemy, jak długo i dlaczego",
        "services": "Kto usuwał i potwierdził",
        "recipients": "Odbiorcy Twoich danych, których o tym zawiadamiamy (RODO art. 19)",
        "search": "Czego szukaliśmy potem",
        "unkeyed": "Co mogło zostać bez powiązania z Tobą",
        "ended": "Co usunięto później, gdy minął termin",
        "not_checked": "Czego nie sprawdziliśmy",
        "refusal": "Twoje prawa wobec częściowej odmowy",
    },
    "en": {
        "erased": "What we erased, apart from what is listed below",
        "kept": "What we keep, how long and why",
        "services": "Who erased and confirmed it",
        "recipients": "Recipients of your data whom we tell of it (GDPR Art. 19)",
        "search": "What we searched for afterwards",
        "unkeyed": "What may be left without a connection to you",
        "ended": "What was erased later, when its time had come",
        "not_checked": "What we did not check",
        "refusal": "Your rights where we refused in part",
    },
}
NOTHING = {"pl": "nic", "en": "nothing"}
SERVICES = {
    "identity": {"pl": "konta i logowanie", "en": "accounts and signing in"},
    "licensing": {"pl": "zamówienia, faktury i licencje", "en": "orders, invoices and licenses"},
    "marketing": {"pl": "newsletter i kampanie", "en": "newsletter and campaigns"},
    "privacy": {"pl": "sprawy prywatności i zgody", "en": "privacy cases and consents"},
}
REPORTED = {"pl": "{service}: potwierdzono {at}", "en": "{service}: confirmed {at}"}
LEFT = {
    "pl": "{service}: ta usługa odeszła {at}, zanim potwierdziła; co miała, nie zostało sprawdzone",
    "en": "{service}: this service left on {at} before it had confirmed; what it held was not checked",
}
SOUGHT = {
    "pl": "Szukaliśmy wartości, po których można Cię rozpoznać ({values}), we wszystkich tabelach, odrzuconych"
    " wiadomościach i dziennikach usług.",
    "en": "We searched all tables, rejected messages and logs of the services for values that identify you ({values}).",
}
SEARCH = {
    "pl": {
        "nothing found": "Poza tym, co wymieniamy wyżej, nie znaleźliśmy nic.",
        "nothing found where it was searched": "Tam, gdzie szukaliśmy, nie ma nic poza tym, co wyżej.",
        "found": "Znaleźliśmy pozostałości:",
        "under way": "To szukanie jeszcze trwa. Zajrzyj tu później.",
        "not searched": "To szukanie nie odbyło się w całości.",
    },
    "en": {
        "nothing found": "Apart from what is listed above we found nothing.",
        "nothing found where it was searched": "Where we searched we found nothing apart from what is listed above.",
        "found": "We found something that was left behind:",
        "under way": "This search is still under way. Come back later.",
        "not searched": "This search did not take place as a whole.",
    },
}
FOUND = {"pl": "{service}: liczba miejsc: {rows}", "en": "{service}: number of places: {rows}"}
TOO_SHORT = {
    "pl": "Wartości, których nie da się odróżnić od cudzych, nie szukaliśmy: {count}.",
    "en": "Values that can't be told from those of others were not searched for: {count}.",
}
NOT_SEARCHED = {
    "pl": "{service}: nie przeszukano: {places}",
    "en": "{service}: not searched: {places}",
}
NOT_GATHERED = {
    "pl": "{service}: nie odpowiedziano w porę, jakie wartości tam Cię rozpoznają",
    "en": "{service}: did not say in time which values identify you there",
}
PLACES = {
    "log": {"pl": "dziennik", "en": "the log"},
    "dead letters": {"pl": "odrzucone wiadomości", "en": "rejected messages"},
}
OTHER_PLACE = {"pl": "tabela, do której nie ma dostępu", "en": "a table that may not be read"}
UNKEYED = {
    "pl": "{titles}: zapisane w postaci zaszyfrowanej, skrótu albo przypadkowego numeru (także skrót adresu, dzięki"
    " któremu respektujemy sprzeciw wobec marketingu)",
    "en": "{titles}: sealed, as a hash or under a random number (also the hash of an address by which we obey an"
    " objection to marketing)",
}
NOT_CHECKED = {
    "pl": (
        "dzienników zapisu bazy i starych wersji wierszy, dopóki nie zostaną nadpisane",
        "kopii zapasowych; ostatnia, w której dane mogą jeszcze być, znika po dniu {day}",
        "skrzynek pocztowych i odbiorców poza tym systemem",
    ),
    "en": (
        "write-ahead logs and old versions of rows until they are overwritten",
        "backups; the last one that can still hold the data is gone after {day}",
        "mailboxes and recipients outside this system",
    ),
}
REFUSAL = {
    "pl": "Możesz wnieść skargę do: {authority}. {court} Pytania: {contact}.",
    "en": "You may complain to: {authority}. {court} Questions: {contact}.",
}


OF_ITS_DATE = {"pl": "jej ważności", "en": "its date"}


def not_checked(backups_until: str | None, language: Language) -> list[str]:
    """What nobody looked into, with the last day of the backups where it is known."""
    return [line.format(day=backups_until or OF_ITS_DATE[language]) for line in NOT_CHECKED[language]]


def place(name: str, language: Language) -> str:
    """Where something was not searched: a log or the dead letters, of which more may be said; else it is a table."""
    known = (words for kind, words in PLACES.items() if name == kind or name.startswith(f"{kind} "))
    return next(known, OTHER_PLACE)[language]


def service(name: str, language: Language) -> str:
    """What a service does, for who does not know its name."""
    words = SERVICES.get(name)
    return f"{words[language]} ({name})" if words else name
