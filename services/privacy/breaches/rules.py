"""What may be done about a breach, and how it stands: pure (GDPR Art. 33, 34)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from shared.contracts.participants import MappedTable
from shared.contracts.privacy.breaches import (
    Breach,
    BreachScope,
    BreachState,
    PeopleTold,
    ReportBreach,
    Risk,
    ScopeBreach,
    TellOfBreach,
)
from shared.law.breach_clock import LIMITS, needs_reasons, notification_due
from shared.law.calendar import midnight
from shared.problems import refuse

BEGAN = midnight(LIMITS[0].valid_from)
ALARM_HOURS = (24, 6)
"""How long before the 72 hours end officers are written to, once each, while the authority has not been told."""
CHECKLIST = ("contact", "consequences", "measures")
"""What a report needs besides what is recorded: Art. 33(3)(b) to (d)."""


@dataclass(frozen=True)
class StoredBreach:
    """A breach as it is stored."""

    breach_id: UUID
    aware_at: datetime
    natures: tuple[str, ...]
    categories: tuple[str, ...]
    people: int | None
    records: int | None
    was_sealed: bool
    facts: str
    risk: Risk | None
    reported_at: datetime | None
    is_complete: bool
    people_told: PeopleTold | None
    letters_issued: bool
    people_named: int
    people_written_to: int
    people_not_reached: int


def state(breach: StoredBreach) -> BreachState:
    if breach.risk is None:
        return "to judge"
    if breach.risk == "unlikely":
        return "recorded only"
    if breach.reported_at is None:
        return "to report"
    return "reported" if breach.is_complete else "to complete"


def shown(breach: StoredBreach, at: datetime, scopes: Sequence[BreachScope] = ()) -> Breach:
    """A breach with its clock at a moment."""
    due_at, stands = notification_due(breach.aware_at), state(breach)
    return Breach(
        **{name: value for name, value in vars(breach).items() if name in Breach.model_fields},
        state=stands,
        due_at=due_at,
        is_late=stands in ("to judge", "to report") and at > due_at,
        scopes=tuple(scopes),
        people_are_to_be_told=breach.risk == "high" and breach.people_told is None,
    )


def alarm_stage(aware_at: datetime, at: datetime) -> int | None:
    """Which alarm is due: the last of the hours before the end that have begun; None while there is time.

    A breach that is entered late begins with the last one: two mails at once would say the same.
    """
    left = notification_due(aware_at) - at
    return min((hours for hours in ALARM_HOURS if left <= timedelta(hours=hours)), default=None)


def check_moment(field: str, moment: datetime, at: datetime) -> None:
    """Raises Refused (422) for what lies ahead, or before there was a duty to report."""
    if moment > at:
        raise refuse(422, "the moment lies ahead", field=field, message="now or earlier")
    if moment < BEGAN:
        raise refuse(422, "nobody had to report it then", field=field, message="25 May 2018 or later")


def check_judgment(breach: StoredBreach, risk: Risk) -> None:
    """Raises Refused (409)."""
    if risk == "unlikely" and breach.reported_at is not None:
        raise refuse(409, "it was reported to the authority", field="risk", message="tell the authority instead")


def check_report(breach: StoredBreach, report: ReportBreach, at: datetime) -> None:
    """Raises Refused: 409 in a state without a report, 422 naming what is missing."""
    if (stands := state(breach)) not in ("to report", "to complete"):
        raise refuse(409, "there is nothing to report", field="state", message=f"it is {stands}")
    check_moment("reported_at", report.reported_at, at)
    if report.reported_at < breach.aware_at:
        raise refuse(422, "nobody knew of it", field="reported_at", message="not before aware_at")
    missing = [field for field in CHECKLIST if not getattr(report, field)]
    if missing and not report.more_follows:
        raise refuse(422, "the report is not complete", field=missing[0], message="say it, or that more_follows")
    first = breach.reported_at is None
    if first and needs_reasons(breach.aware_at, report.reported_at) and not report.late_because:
        raise refuse(422, "it is late", field="late_because", message="after 72 hours a report says why")


def check_telling(breach: StoredBreach, request: TellOfBreach) -> None:
    """Raises Refused: 409 unless the risk is high, 422 for a ground that is not there."""
    if breach.risk != "high":
        raise refuse(409, "people need not be told", field="risk", message="only a high risk is told")
    if request.told == "not needed: sealed data" and not breach.was_sealed:
        raise refuse(422, "the data were not sealed", field="told", message="tell people, or name another ground")


def check_scope(request: ScopeBreach, maps: Mapping[str, Sequence[MappedTable]]) -> None:
    """Raises Refused (422) by the field: a service that takes no part, a category that none of them holds."""
    for number, service in enumerate(request.services):
        if service not in maps:
            message = f"one of: {', '.join(sorted(maps))}"
            raise refuse(422, "no such service takes part", field=f"services.{number}", message=message)
    tables = [table for service in request.services for table in maps[service]]
    held = {each for table in tables for each in (table.category, *(column.category for column in table.columns))}
    for number, category in enumerate(request.categories):
        if category not in held:
            raise refuse(422, "nobody holds it", field=f"categories.{number}", message="none of these services does")


def check_counted(scope: BreachScope | None, people: int) -> None:
    """Raises Refused: 404; 409 where it is not as the officer has seen it."""
    if scope is None:
        raise refuse(404, "there is no such scope")
    if scope.state != "counted":
        raise refuse(409, "the people can't be named", field="scope_id", message=f"it is {scope.state}")
    if scope.people != people:
        raise refuse(409, "there are more or fewer by now", field="people", message=f"they are {scope.people}")


def check_letters(breach: StoredBreach) -> None:
    """Raises Refused (409) where people need no letter, are told in another way, or have theirs."""
    if breach.risk != "high":
        raise refuse(409, "people need not be told", field="risk", message="only a high risk is told")
    if breach.people_told not in (None, "letters"):
        raise refuse(409, "people are not told by letters", field="told", message=f"it says: {breach.people_told}")
    if breach.letters_issued:
        raise refuse(409, "the letters are issued", field="breach_id", message="everybody is written to once")
