"""When officers are written to before the 72 hours of a breach end, and what people are told (GDPR Art. 34(2))."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from services.privacy.breaches import alarm_mail
from services.privacy.breaches.alarm_store import DueAlarm
from services.privacy.breaches.letter import letter
from services.privacy.breaches.rules import alarm_stage
from shared.contracts.fields import Language
from shared.contracts.privacy.breaches import BreachWords
from shared.law.calendar import WARSAW

AWARE = datetime(2027, 3, 27, 12, 0, tzinfo=WARSAW)
DUE = datetime(2027, 3, 30, 13, 0, tzinfo=WARSAW)
"""An hour later by the clock on the wall: summer time has begun."""
A_SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("at", "stage"),
    [
        (AWARE, None),
        (DUE - timedelta(hours=24) - A_SECOND, None),
        (DUE - timedelta(hours=24), 24),
        (DUE - timedelta(hours=6) - A_SECOND, 24),
        (DUE - timedelta(hours=6), 6),
        (DUE + timedelta(days=9), 6),
    ],
)
def test_an_alarm_begins_with_its_hour(at: datetime, stage: int | None) -> None:
    assert alarm_stage(AWARE, at) == stage


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (DUE - timedelta(hours=23, minutes=59), "23 h left to report"),
        (DUE - timedelta(minutes=59), "0 h left to report"),
        (DUE, "overdue"),
    ],
)
def test_an_alarm_says_how_many_hours_are_left(at: datetime, said: str) -> None:
    due = DueAlarm(uuid4(), 24, 1, AWARE, is_judged=False)
    assert said in alarm_mail.subject(due, at)
    text = alarm_mail.text(due, "https://shop.example/")
    for each in ("2027-03-27 12:00", "2027-03-30 13:00", str(due.breach_id), "https://shop.example/staff/breaches"):
        assert each in text


@pytest.mark.parametrize(("language", "article"), [("pl", "art. 34"), ("en", "Art. 34")])
def test_the_letter_has_what_the_law_asks_for(language: Language, article: str) -> None:
    words = BreachWords(nature="The nature {of} it.", consequences="What may follow.", measures="What is being done.")
    title, text = letter(language, words, ("e-mail", "name"), "iod@example.com", "https://shop.example/")
    assert title
    parts = (*words.model_dump().values(), "e-mail, name", "iod@example.com", article)
    assert [part for part in parts if part not in text] == []
    assert f"https://shop.example/privacy-notice?lang={language}" in text
