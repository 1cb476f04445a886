"""The words of the daily mail to officers, in Polish and English: ids, days and states, nobody's data. Pure."""

from collections.abc import Sequence
from datetime import date

from services.privacy.desk.digest_store import NAMED, Counts, NearCase

SUBJECT = "Sprawy o dane osobowe / privacy requests: {day}, {overdue} po terminie / overdue"
TEXT = """\
Po terminie / overdue: {overdue}
Termin za chwilę / due soon: {due_soon}
Przedłużone / extended: {extended}
W terminie / on time: {on_time}

Tożsamość do ustalenia / identity pending: {pending}
Listy niedoręczone od wczoraj / letters undelivered since yesterday: {undelivered}
Informacja o prywatności do zatwierdzenia / notice to be approved: {notices}
Milczące usługi / silent services: {silent}

Mogą nie zdążyć / may miss their day:
{near}

{public_url}/staff/privacy-requests
"""
NOBODY = "nikt / none"


def subject(day: date, counts: Counts) -> str:
    return SUBJECT.format(day=day, overdue=counts.overdue)


def text(counts: Counts, near: Sequence[NearCase], silent: Sequence[str], public_url: str) -> str:
    lines = [f"- {case.due_on} {case.case_id} {case.right} ({case.state})" for case in near[:NAMED]]
    if len(near) > NAMED:
        lines.append("- ...")
    return TEXT.format(
        overdue=counts.overdue,
        due_soon=counts.due_soon,
        extended=counts.extended,
        on_time=counts.on_time,
        pending=counts.pending,
        undelivered=counts.undelivered,
        notices=counts.notices,
        silent=", ".join(silent) or NOBODY,
        near="\n".join(lines) or f"- {NOBODY}",
        public_url=public_url.rstrip("/"),
    )
