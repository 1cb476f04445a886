"""Letters about what stands against a license or a person: disputes of a payment, suspensions, revocations, bans."""

from collections.abc import Mapping

from services.identity.service_mail.template import Template
from shared.contracts.fields import Language

MEASURE_LETTERS: Mapping[str, Mapping[Language, Template]] = {
    "dispute-opened": {
        "pl": Template(
            "Bank zakwestionował płatność",
            "Operator płatności przekazał nam, że bank płatnika zakwestionował płatność za zamówienie podane poniżej\n"
            "i cofa jej kwotę. Do wyjaśnienia licencja z tego zamówienia jest zawieszona: klucz nie działa, ale nie\n"
            "przepadł. Zawieszenie nastąpiło automatycznie, po wiadomości od operatora.\n\n"
            "Jeśli to pomyłka, poproś bank o wycofanie reklamacji; licencja zadziała, gdy operator to potwierdzi.\n"
            "Jeśli się z zawieszeniem nie zgadzasz, napisz do nas: sprawę zbada człowiek i weźmie pod uwagę, co masz\n"
            "do powiedzenia.",
        ),
        "en": Template(
            "A bank disputes your payment",
            "The payment provider tells us that the payer's bank disputes the payment of the order below and takes\n"
            "the amount back. Until that is settled the license of this order is suspended: its key does not\n"
            "work, but it is not lost. It was suspended automatically, upon the message of the provider.\n\n"
            "If this is a mistake, ask the bank to withdraw its complaint; the license works again when the provider\n"
            "confirms that. If you do not agree with the suspension, write to us: a person will look into it and\n"
            "take into account what you have to say.",
        ),
    },
    "dispute-won": {
        "pl": Template(
            "Sprawa płatności jest wyjaśniona",
            "Bank nie kwestionuje już płatności za zamówienie podane poniżej. Zawieszenie licencji z tego powodu się\n"
            "skończyło. Nic nie musisz robić.",
        ),
        "en": Template(
            "The dispute about your payment is settled",
            "The bank does not dispute the payment of the order below any more. For this reason the license is\n"
            "suspended no longer. There is nothing to do.",
        ),
    },
    "dispute-lost": {
        "pl": Template(
            "Bank cofnął płatność",
            "Bank płatnika ostatecznie cofnął podaną kwotę zapłaconą za zamówienie; my jej nie odsyłamy drugi raz.\n"
            "Jeśli cofnięto całą zapłatę, licencja z tego zamówienia się skończyła. Korektę faktury znajdziesz na\n"
            "koncie. Jeśli się z tym nie zgadzasz, napisz do nas.",
        ),
        "en": Template(
            "The bank has taken your payment back",
            "The payer's bank has finally taken back the amount below, paid for the order; we do not send it a second\n"
            "time. If that was the whole payment, the license of the order has ended. The correcting invoice is in\n"
            "your account. If you do not agree, write to us.",
        ),
    },
    "license-suspended": {
        "pl": Template(
            "Twoja licencja jest zawieszona",
            "Zawiesiliśmy licencję podaną poniżej: jej klucz na razie nie działa, umowa trwa. Zdecydował o tym\n"
            "człowiek, nie program. Jeśli się z tym nie zgadzasz, napisz do nas i powiedz dlaczego: sprawę rozpatrzy\n"
            "inna osoba.",
        ),
        "en": Template(
            "Your license is suspended",
            "We have suspended the license below: its key does not work for now, the contract goes on. A person\n"
            "decided this, not a program. If you do not agree, write to us and say why: somebody else will look into\n"
            "it.",
        ),
    },
    "license-reinstated": {
        "pl": Template(
            "Zawieszenie licencji jest cofnięte",
            "Cofnęliśmy zawieszenie licencji podanej poniżej. Jeśli nic innego jej nie wstrzymuje, jej klucz znowu\n"
            "działa. Nic nie musisz robić.",
        ),
        "en": Template(
            "Your license is suspended no longer",
            "We have taken back the suspension of the license below. Unless something else holds it, its key works\n"
            "again. There is nothing to do.",
        ),
    },
    "license-revoked": {
        "pl": Template(
            "Twoja licencja została cofnięta",
            "Zakończyliśmy umowę o licencję podaną poniżej; jej klucz już nie zadziała. Zdecydował o tym człowiek,\n"
            "nie program. Jeśli się z tym nie zgadzasz, napisz do nas i powiedz dlaczego: sprawę rozpatrzy inna\n"
            "osoba. Możesz też dochodzić swoich praw przed sądem.",
        ),
        "en": Template(
            "Your license was revoked",
            "We have ended the contract for the license below; its key works no more. A person decided this, not a\n"
            "program. If you do not agree, write to us and say why: somebody else will look into it. You may also go\n"
            "to court.",
        ),
    },
    "person-banned": {
        "pl": Template(
            "Nie przyjmujemy zamówień z Twojego konta",
            "Na razie nie przyjmujemy zamówień z Twojego konta, a wszystkie Twoje licencje są zawieszone. Zdecydował\n"
            "o tym człowiek, nie program. Jeśli się z tym nie zgadzasz, napisz do nas i powiedz dlaczego: sprawę\n"
            "rozpatrzy inna osoba. Faktury pozostają na koncie; Twoje prawa do danych się nie zmieniają.",
        ),
        "en": Template(
            "We take no orders from your account",
            "For now we take no orders from your account, and all your licenses are suspended. A person decided this,\n"
            "not a program. If you do not agree, write to us and say why: somebody else will look into it. Your\n"
            "invoices stay in your account, and your rights to your data are unchanged.",
        ),
    },
    "ban-lifted": {
        "pl": Template(
            "Znów przyjmujemy Twoje zamówienia",
            "Znów przyjmujemy zamówienia z Twojego konta. Twoje licencje, których nic innego nie wstrzymuje, działają.",
        ),
        "en": Template(
            "We take your orders again",
            "We take orders from your account again. Those of your licenses that nothing else holds work.",
        ),
    },
}
