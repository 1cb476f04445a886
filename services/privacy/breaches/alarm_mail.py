"""The words of the mail to officers before the 72 hours of a breach end: its id and times, no facts. Pure."""

from datetime import datetime, timedelta

from services.privacy.breaches.alarm_store import DueAlarm
from shared.law.breach_clock import notification_due

SUBJECT = "Naruszenie ochrony danych: {left} na zgłoszenie / data breach: {left} left to report"
LATE = "Naruszenie ochrony danych: po terminie / data breach: overdue"
TEXT = """\
Naruszenie / breach: {breach_id}
Wiemy od / known since: {aware_at}
Termin zgłoszenia / to be reported by: {due_at}
Do zrobienia / to be done: {task}

72 godziny liczą się od chwili, w której o naruszeniu wiadomo; po nich zgłoszenie podaje przyczyny opóźnienia
(RODO art. 33 ust. 1). / 72 hours run from the moment in which it is known; after them a report says why it is late
(GDPR Art. 33(1)).

{public_url}/staff/breaches
"""
JUDGE = "ocenić ryzyko / judge the risk"
REPORT = "zgłosić organowi / report to the authority"
HOUR = timedelta(hours=1)


def subject(due: DueAlarm, at: datetime) -> str:
    left = notification_due(due.aware_at) - at
    return SUBJECT.format(left=f"{left // HOUR} h") if left > timedelta() else LATE


def text(due: DueAlarm, public_url: str) -> str:
    due_at = notification_due(due.aware_at)
    return TEXT.format(
        breach_id=due.breach_id,
        aware_at=f"{due.aware_at.astimezone(due_at.tzinfo):%Y-%m-%d %H:%M}",
        due_at=f"{due_at:%Y-%m-%d %H:%M}",
        task=REPORT if due.is_judged else JUDGE,
        public_url=public_url.rstrip("/"),
    )
