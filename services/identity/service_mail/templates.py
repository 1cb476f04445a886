"""The fixed catalogue of service mail, in Polish and English. Nothing here promotes anything."""

from collections.abc import Mapping

from services.identity.service_mail.license_letters import LICENSE_LETTERS
from services.identity.service_mail.measure_letters import MEASURE_LETTERS
from services.identity.service_mail.template import Template
from shared.contracts.fields import Language

CODE: Mapping[Language, Template] = {
    "pl": Template(
        "Kod potwierdzający adres e-mail",
        "Ktoś, zapewne Ty, podał u nas ten adres: dla nowego konta albo jako nowy adres konta.\n\nKod: {code}\n\n"
        "Kod jest ważny 10 minut i tylko raz. Wpisz go tam, gdzie podajesz adres, i nikomu go nie zdradzaj.\n"
        "Jeśli to nie Ty, zignoruj tę wiadomość: bez kodu nic się nie stanie, a podane dane usuniemy najpóźniej\n"
        "po 48 godzinach.\n",
    ),
    "en": Template(
        "Code to confirm your e-mail address",
        "Somebody, probably you, entered this address with us: for a new account, or as the new address of one.\n\n"
        "Code: {code}\n\n"
        "It is valid for 10 minutes and once only. Type it where you entered the address, and tell it to nobody.\n"
        "If it was not you, ignore this message: without the code nothing happens, and what was entered is deleted\n"
        "after 48 hours at the latest.\n",
    ),
}

# What other services may ask for.
FOR_SERVICES: Mapping[str, Mapping[Language, Template]] = {
    **LICENSE_LETTERS,
    **MEASURE_LETTERS,
    "payment-received": {
        "pl": Template("Otrzymaliśmy płatność", "Dziękujemy, otrzymaliśmy Twoją płatność."),
        "en": Template("We received your payment", "Thank you, we received your payment."),
    },
    "payment-due": {
        "pl": Template("Płatność oczekuje", "Twoje zamówienie czeka na płatność."),
        "en": Template("A payment is due", "Your order is waiting for its payment."),
    },
    "transfer-awaited": {
        "pl": Template(
            "Prosimy o przelew",
            "Przyjęliśmy Twoje zamówienie i wystawiliśmy fakturę. Zapłać ją przelewem na podany rachunek, z numerem\n"
            "faktury w tytule. Klucz licencyjny wydamy, gdy tylko pieniądze dotrą.",
        ),
        "en": Template(
            "Please make your transfer",
            "We took your order and issued its invoice. Pay it by transfer to the account below and name the number\n"
            "of the invoice. The license key comes as soon as the money has arrived.",
        ),
    },
    "refund-made": {
        "pl": Template("Zwróciliśmy płatność", "Zwrot środków został zlecony."),
        "en": Template("We refunded a payment", "Your refund is on its way."),
    },
    "refund-undone": {
        "pl": Template(
            "Cofnęliśmy zwrot",
            "Zwrot podanej kwoty nie doszedł do skutku i został cofnięty. Umowa trwa dalej, a licencja działa jak\n"
            "przedtem; na urządzeniach aktywuj klucz ponownie. Korektę faktury znajdziesz na koncie. Jeśli pieniądze\n"
            "mają jednak do Ciebie wrócić, napisz do nas.",
        ),
        "en": Template(
            "Your refund was taken back",
            "The refund of the amount below did not reach you and was taken back. The contract goes on and the\n"
            "license works as before; activate the key anew on your devices. The correcting invoice is in your\n"
            "account. If the money is to go back to you all the same, write to us.",
        ),
    },
    "contract-concluded": {
        "pl": Template(
            "Potwierdzenie zawarcia umowy",
            "Potwierdzamy zawarcie umowy o licencję na warunkach podanych poniżej.\n\n"
            "Twoje oświadczenia przy zamówieniu: zażądano dostarczenia klucza licencyjnego przed upływem 14 dni na\n"
            "odstąpienie od umowy, z potwierdzeniem, że prawo odstąpienia przez to wygasa. Prawo odstąpienia wygasa\n"
            "dopiero wtedy, gdy po tym liście klucz zostanie pokazany na Twoim koncie. Do tego czasu możesz odstąpić\n"
            "od umowy bez podania przyczyny, w ciągu 14 dni od jej zawarcia, na koncie przy zamówieniu.\n\n"
            "Zachowaj tę wiadomość.",
        ),
        "en": Template(
            "Your contract is confirmed",
            "We confirm the contract for a license on the terms below.\n\n"
            "What was declared with the order: the license key is to be delivered before the 14 days for withdrawal\n"
            "are over, and it is known that the right to withdraw is lost thereby. The right is lost only when, after\n"
            "this letter, the key is shown in your account. Until then you may withdraw from the contract without\n"
            "giving a reason, within 14 days of its conclusion, in your account beside the order.\n\n"
            "Please keep this message.",
        ),
    },
    "withdrawal-received": {
        "pl": Template(
            "Potwierdzenie odstąpienia od umowy",
            'Otrzymaliśmy Twoje oświadczenie o treści: "Odstępuję od umowy o licencję, zawartej zamówieniem podanym\n'
            'poniżej". Dzień i godzinę jego złożenia podajemy poniżej. Umowę uważa się za niezawartą: licencja się\n'
            "skończyła, klucz już nie działa. Jeśli podana kwota nie jest zerem, zwrócimy ją tą samą drogą, którą\n"
            "przyszła, najpóźniej w podanym dniu; korektę faktury znajdziesz na koncie.\n\n"
            "Zachowaj tę wiadomość.",
        ),
        "en": Template(
            "Your withdrawal is received",
            'We received your statement: "I withdraw from the contract for a license that was concluded by the order\n'
            'below". The day and the time of it stand below. The contract counts as not concluded: the license has\n'
            "ended, its key works no more. Unless the amount below is zero, we send it back by the way it came\n"
            "by the day below; the correcting invoice is in your account.\n\n"
            "Please keep this message.",
        ),
    },
    "password-changed": {
        "pl": Template(
            "Hasło zostało zmienione",
            "Hasło do Twojego konta zostało zmienione. Jeśli to nie Ty, od razu ustaw nowe hasło i napisz do nas.",
        ),
        "en": Template(
            "Your password was changed",
            "The password of your account was changed. If it was not you, set a new one at once and write to us.",
        ),
    },
}

# What identity itself writes.
OWN: Mapping[str, Mapping[Language, Template]] = {
    "already-registered": {
        "pl": Template(
            "Masz już u nas konto",
            "Ktoś, zapewne Ty, próbował założyć konto z tym adresem. Konto już istnieje: zaloguj się albo ustaw nowe\n"
            "hasło. Jeśli to nie Ty, nic nie musisz robić.",
        ),
        "en": Template(
            "You have an account already",
            "Somebody, probably you, tried to open an account with this address. It exists already: sign in, or set\n"
            "a new password. If it was not you, there is nothing to do.",
        ),
    },
    "email-change-asked": {
        "pl": Template(
            "Ktoś zmienia adres Twojego konta",
            "Ktoś, zapewne Ty, podał dla Twojego konta inny adres e-mail. Zmiana nastąpi, gdy nowy adres zostanie\n"
            "potwierdzony kodem. Jeśli to nie Ty, otwórz poniższy odnośnik: odwołasz zmianę, zakończysz wszystkie\n"
            "sesje i dostaniesz list do ustawienia nowego hasła.",
        ),
        "en": Template(
            "The address of your account is being changed",
            "Somebody, probably you, entered another e-mail address for your account. It takes effect once the new\n"
            "address is confirmed with a code. If it was not you, open the link below: it calls the change off, ends\n"
            "all sessions, and a mail leads you to a new password.",
        ),
    },
    "email-changed": {
        "pl": Template(
            "Adres Twojego konta został zmieniony",
            "Twoje konto ma odtąd inny adres e-mail, a wszystkie sesje zostały zakończone. Jeśli to nie Ty, w ciągu\n"
            "siedmiu dni otwórz poniższy odnośnik: przywrócisz ten adres, zakończysz wszystkie sesje i dostaniesz\n"
            "list do ustawienia nowego hasła.",
        ),
        "en": Template(
            "The address of your account was changed",
            "Your account has another e-mail address from now on, and all sessions were ended. If it was not you,\n"
            "open the link below within seven days: it restores this address, ends all sessions, and a mail leads you\n"
            "to a new password.",
        ),
    },
    "account-dormant": {
        "pl": Template(
            "Twoje konto od dawna nie jest używane",
            "Od co najmniej dwóch lat nikt nie loguje się do Twojego konta, a żadna umowa już nie trwa. Nie chcemy\n"
            "przechowywać Twoich danych bez potrzeby: jeśli konto nie jest Ci już potrzebne, nic nie musisz robić.\n"
            "Usuniemy je w dniu podanym poniżej albo wkrótce potem. Jeśli ma pozostać, zaloguj się przed tym dniem.",
        ),
        "en": Template(
            "Your account has not been used for long",
            "Nobody has signed in to your account for two years or more, and no contract goes on. We do not want to\n"
            "keep your data without need: if you do not need the account any more, there is nothing to do. We delete\n"
            "it on the day below or soon after. If it is to stay, sign in before that day.",
        ),
    },
    "password-reset": {
        "pl": Template(
            "Ustawianie nowego hasła",
            "Ktoś, zapewne Ty, prosi o nowe hasło. Wpisz poniższy kod na stronie zmiany hasła w ciągu godziny. Jeśli\n"
            "to nie Ty, zignoruj tę wiadomość: hasło pozostanie bez zmian.",
        ),
        "en": Template(
            "Setting a new password",
            "Somebody, probably you, asks for a new password. Enter the code below on the page for it within an hour.\n"
            "If it was not you, ignore this message: the password stays as it is.",
        ),
    },
}

TOLD: Mapping[str, str] = {"contract-concluded": "order_id", "withdrawal-received": "order_id"}
"""Which letters a service has to know to be handed over, and the fact that says what each is about."""

LABELS: Mapping[Language, Mapping[str, str]] = {
    "pl": {
        "amount": "Kwota",
        "gross": "Cena z VAT",
        "seller": "Sprzedawca",
        "stated_at": "Złożono",
        "refund_by": "Zwrot najpóźniej",
        "ordered_on": "Data zamówienia",
        "terms_version": "Regulamin, wersja",
        "terms_sha256": "Regulamin, SHA-256",
        "currency": "Waluta",
        "product": "Produkt",
        "order_id": "Zamówienie",
        "invoice": "Faktura",
        "invoice_number": "Faktura",
        "invoice_link": "Faktura jako PDF, po zalogowaniu",
        "license_id": "Licencja",
        "due_on": "Termin",
        "last_day": "Ostatni dzień",
        "updates_until": "Aktualizacje do dnia",
        "ended_on": "Data zakończenia",
        "undo_until": "Można cofnąć do",
        "paid_on": "Data płatności",
        "account": "Rachunek bankowy",
        "ends_on": "Koniec konta",
        "token": "Kod",
        "link": "Odnośnik",
    },
    "en": {
        "amount": "Amount",
        "gross": "Price with VAT",
        "seller": "Seller",
        "stated_at": "Stated at",
        "refund_by": "Back by",
        "ordered_on": "Ordered on",
        "terms_version": "Terms of sale, version",
        "terms_sha256": "Terms of sale, SHA-256",
        "currency": "Currency",
        "product": "Product",
        "order_id": "Order",
        "invoice": "Invoice",
        "invoice_number": "Invoice",
        "invoice_link": "The invoice as PDF, signed in",
        "license_id": "License",
        "due_on": "Due on",
        "last_day": "Last day",
        "updates_until": "Updates until",
        "ended_on": "Ended on",
        "undo_until": "Can be undone until",
        "paid_on": "Paid on",
        "account": "Bank account",
        "ends_on": "End of the account",
        "token": "Code",
        "link": "Link",
    },
}
IN_ONE_LANGUAGE = ("_pl", "_en")
GREETING: Mapping[Language, str] = {"pl": "Dzień dobry, {full_name}!", "en": "Hello {full_name},"}


def compose(template: str, language: Language, full_name: str, facts: Mapping[str, str]) -> tuple[str, str]:
    """Subject and plain text of a mail: greeting, the fixed text, then the facts line by line, whole texts last.

    A fact whose name ends with a language is such a text, and only for mail in that language.
    """
    subject, text = {**FOR_SERVICES, **OWN}[template][language]
    labels = LABELS[language]
    short = {name: value for name, value in facts.items() if not name.endswith(IN_ONE_LANGUAGE)}
    whole = [value.strip() for name, value in facts.items() if name.endswith(f"_{language}")]
    lines = [f"{labels.get(name, name.replace('_', ' '))}: {value}" for name, value in short.items()]
    parts = [GREETING[language].replace("{full_name}", full_name), text, "\n".join(lines), *whole]
    return subject, "\n\n".join(part for part in parts if part) + "\n"
