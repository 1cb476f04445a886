"""Letters about licenses and their contracts."""

from collections.abc import Mapping

from services.identity.service_mail.template import Template
from shared.contracts.fields import Language

LICENSE_LETTERS: Mapping[str, Mapping[Language, Template]] = {
    "license-issued": {
        "pl": Template(
            "Twoja licencja jest gotowa", "Licencja została wydana. Klucz znajdziesz po zalogowaniu do panelu."
        ),
        "en": Template(
            "Your license is ready", "The license was issued. You find its key in your panel after signing in."
        ),
    },
    "trial-started": {
        "pl": Template(
            "Wersja próbna jest gotowa",
            "Możesz korzystać z programu do końca dnia podanego poniżej. Klucz znajdziesz po zalogowaniu do panelu.\n"
            "Wersja próbna nic nie kosztuje, nie przechodzi sama w płatną i niczego nie pobierzemy. Jeśli kupisz\n"
            "licencję, podając w zamówieniu tę wersję próbną, klucz i urządzenia pozostaną te same.",
        ),
        "en": Template(
            "Your trial is ready",
            "You can use the program until the end of the day given below. You find the key in your panel after\n"
            "signing in. The trial costs nothing, does not turn into a purchase by itself, and nothing will be\n"
            "charged. If you buy the license and name this trial in the order, key and devices stay the same.",
        ),
    },
    "license-renewed": {
        "pl": Template(
            "Twoja licencja została przedłużona",
            "Klucz i urządzenia pozostają te same, nic nie musisz zmieniać. Nowy ostatni dzień licencji albo jej\n"
            "aktualizacji podajemy poniżej; jeśli go nie ma, licencja jest bezterminowa. Licencja nie odnawia się\n"
            "sama.",
        ),
        "en": Template(
            "Your license was renewed",
            "Key and devices stay the same, and there is nothing to change. The new last day of the license, or of\n"
            "its updates, is given below; where there is none, the license has no end. The license does not renew\n"
            "itself.",
        ),
    },
    "license-expiring": {
        "pl": Template(
            "Twoja licencja wkrótce wygaśnie",
            "Twoja licencja wygaśnie z końcem dnia podanego poniżej. Klucz będzie działał jeszcze przez 24 godziny,\n"
            "potem program nie przyjmie go na żadnym urządzeniu. Licencja nie odnawia się sama i niczego nie\n"
            "pobierzemy. Jeśli nie jest już potrzebna, nic nie musisz robić.",
        ),
        "en": Template(
            "Your license expires soon",
            "Your license expires at the end of the day given below. Its key works for 24 hours more; after that the\n"
            "program takes it on no device. The license does not renew itself, and nothing will be charged. If you do\n"
            "not need it any more, there is nothing to do.",
        ),
    },
    "license-expired": {
        "pl": Template(
            "Twoja licencja wygasła",
            "Twoja licencja wygasła z końcem dnia podanego poniżej. Klucz przestaje działać 24 godziny później.\n"
            "Faktury pozostają na Twoim koncie. Niczego nie pobierzemy i nic nie musisz robić.",
        ),
        "en": Template(
            "Your license has expired",
            "Your license expired at the end of the day given below. Its key stops working 24 hours later.\n"
            "Your invoices stay in your account. Nothing will be charged, and there is nothing to do.",
        ),
    },
    "license-stays-expired": {
        "pl": Template(
            "Twoja licencja nie działa od dwóch tygodni",
            "Twoja licencja wygasła z końcem dnia podanego poniżej i jej klucz już nie działa. To ostatnia wiadomość\n"
            "o jej końcu. Faktury pozostają na Twoim koncie. Jeśli konto nie jest Ci już potrzebne, możesz zażądać\n"
            "jego usunięcia; zachowamy wtedy tylko to, czego wymaga prawo.",
        ),
        "en": Template(
            "Your license has been over for two weeks",
            "Your license expired at the end of the day given below, and its key works no more. This is the last\n"
            "message about its end. Your invoices stay in your account. If you do not need the account any more, you\n"
            "can ask us to delete it; we then keep only what the law demands.",
        ),
    },
    "contract-ended": {
        "pl": Template("Umowa licencyjna została zakończona", "Umowa licencyjna została zakończona."),
        "en": Template("Your license contract has ended", "Your license contract has ended."),
    },
    "contract-restored": {
        "pl": Template(
            "Umowa licencyjna trwa nadal",
            "Cofnęliśmy zakończenie umowy licencyjnej. Klucz znowu działa; na urządzeniach aktywuj go ponownie.",
        ),
        "en": Template(
            "Your license contract goes on",
            "The end of your license contract was undone. The key works again; activate it anew on your devices.",
        ),
    },
}
