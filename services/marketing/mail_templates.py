"""The texts of marketing's mails."""

from collections.abc import Mapping
from datetime import date
from urllib.parse import quote

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
FOOTER: Mapping[Language, str] = {"pl": FOOTER_PL, "en": FOOTER_EN}


def confirmation(language: Language, words: str, link: str, controller: str) -> tuple[str, str]:
    """Subject and text of the mail that asks to confirm; it carries no advertisement."""
    subject, text = CONFIRM[language]
    return subject, text.format(words=words, link=link, controller=controller)


def with_footer(text: str, language: Language, since: date, link: str, controller: str) -> str:
    """A campaign's text with the reason why it came and the way out."""
    return text.rstrip() + FOOTER[language].format(since=since.isoformat(), link=link, controller=controller)


def unsubscribe_headers(link: str, mailbox: str, token: str) -> Mapping[str, str]:
    """The two headers of one-click unsubscribing (RFC 8058), the mailbox second (RFC 2369)."""
    mailto = f"mailto:{mailbox}?subject={quote(f'unsubscribe {token}')}"
    return {
        "List-Unsubscribe": f"<{link}>, <{mailto}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": f"<{LIST}.{mailbox.rpartition('@')[2]}>",
        "Precedence": "bulk",
    }
