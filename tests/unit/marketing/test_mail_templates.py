"""The texts of marketing's mails and the headers of one-click unsubscribing."""

from datetime import date

from services.marketing.mail_templates import FOOTER, confirmation, unsubscribe_headers, with_footer


def test_a_campaign_says_why_it_came_and_how_to_leave() -> None:
    for language in FOOTER:
        text = with_footer("News.\n", language, date(2026, 6, 15), "https://x.example/u/TOKEN", "NanoMedia, NIP 1")
        assert text.startswith("News.\n")
        assert all(part in text for part in ("2026-06-15", "https://x.example/u/TOKEN", "NanoMedia, NIP 1"))


def test_braces_in_a_campaigns_text_are_text() -> None:
    assert "{link} {x}" in with_footer("{link} {x}", "en", date(2026, 6, 15), "https://x", "N")
    assert "{words}" not in confirmation("en", "I {agree}", "https://x", "N")[1]


def test_one_click_headers_come_in_the_order_of_the_rfc() -> None:
    headers = unsubscribe_headers("https://x.example/u/T", "x.example")
    assert headers["List-Unsubscribe"] == "<https://x.example/u/T>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
