"""The texts of marketing's mails."""

from collections.abc import Mapping
from datetime import date

from shared.contracts.fields import Language

LIST = "newsletter"

CONFIRM_PL = """\
Ktoś, zapewne Ty, podał ten adres w formularzu newslettera i zaznaczył:

„{words}”

Jeżeli to Ty, potwierdź w ciągu 48 godzin:
{link}

Jeżeli nie, nic nie rób: adres zostanie usunięty.

{controller}
"""
CONFIRM_EN = """\
Somebody, probably you, entered this address in the newsletter form and agreed:

“{words}”

If it was you, confirm within 48 hours:
{link}

If not, do nothing: the address will be deleted.

{controller}
"""
CONFIRM: Mapping[Language, tuple[str, str]] = {
    "pl": ("Potwierdź zapis do newslettera", CONFIRM_PL),
    "en": ("Confirm your newsletter subscription", CONFIRM_EN),
}
FOOTER_PL = """

--
Tę wiadomość wysyłamy za Twoją zgodą z {since}. Wypisz się albo wnieś sprzeciw: {link}
{controller}
"""
FOOTER_EN = """

--
You get this by your consent of {since}. Unsubscribe or object: {link}
{controller}
"""
ENDS: Mapping[Language, str] = {
    "pl": "\nPrzestaniemy pisać po {ends_on}, jeśli nie potwierdzisz, że chcesz dostawać newsletter dalej: {link}",
    "en": "\nWe stop writing after {ends_on} unless you confirm that you want to go on receiving this: {link}",
}
FOOTER: Mapping[Language, str] = {"pl": FOOTER_PL, "en": FOOTER_EN}


def confirmation(language: Language, words: str, link: str, controller: str) -> tuple[str, str]:
    """Subject and text of the mail that asks to confirm; it carries no advertisement."""
    subject, text = CONFIRM[language]
    return subject, text.format(words=words, link=link, controller=controller)


def with_footer(
    text: str, language: Language, since: date, link: str, controller: str, ends_on: date | None = None
) -> str:
    """A campaign's text with the reason why it came and the way out; `ends_on` for a reader who is asked to stay."""
    footer = FOOTER[language].format(since=since.isoformat(), link=link, controller=controller)
    asked = ENDS[language].format(ends_on=ends_on.isoformat(), link=link) if ends_on else ""
    return text.rstrip() + footer.rstrip() + asked + "\n"


def unsubscribe_headers(link: str, domain: str) -> Mapping[str, str]:
    """The headers of a list (RFC 2919) and of one-click unsubscribing (RFC 8058).

    No `mailto:` beside the link (RFC 2369): nobody reads such mails, and who is promised a way out has to get it.
    """
    return {
        "List-Unsubscribe": f"<{link}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": f"<{LIST}.{domain}>",
        "Precedence": "bulk",
    }
