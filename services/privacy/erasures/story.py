"""One case told from its receipt on, in sentences for those who run the system: pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from services.privacy.certificates.store import Report
from services.privacy.erasures.rules import OWN, AskedRow, CaseRow, answer, may_be_withdrawn
from services.privacy.erasures.store import OrderRow
from services.privacy.traces.rules import Finding, Search
from shared.contracts.participants import ErasureReported
from shared.contracts.privacy import ErasureStep

PERSON = "person"
DONE = {
    "purged": "purged",
    "anonymized": "anonymized",
    "retained": "kept by law",
    "refused": "kept for a contract or a claim",
}


def steps(
    case: CaseRow,
    orders: Sequence[OrderRow],
    reports: Sequence[Report],
    releases: Sequence[datetime] = (),
    search: Search | None = None,
) -> list[ErasureStep]:
    """Everything that happened, oldest first."""
    told = [
        ErasureStep(
            at=case.received_at,
            sentence=f"The request came in ({case.channel}, proved by {case.verified_by}); it is due on {case.due_on}.",
            by=PERSON,
            to=(OWN,),
        )
    ]
    for attempt, order in enumerate(orders, start=1):
        told += _of_order(attempt, order)
    people = frozenset().union(*(order.people_of(case.case_id) for order in orders))
    told += [step for report in reports for step in _of_report(report, people)]
    told += [ErasureStep(at=at, sentence="An operator let it go on at once.") for at in releases]
    if search:
        told += [step for seen in search.answers for step in _of_search(seen)]
    if case.closed_at:
        told.append(_ending(case.closed_at, withdrawn=case.state == "withdrawn"))
    return sorted(told, key=lambda step: step.at)


def _ending(at: datetime, *, withdrawn: bool) -> ErasureStep:
    if withdrawn:
        return ErasureStep(at=at, sentence="The case was withdrawn by its person.", by=PERSON, to=(OWN,))
    return ErasureStep(at=at, sentence="The case closed; its certificate is complete.")


def _of_order(attempt: int, order: OrderRow) -> Iterator[ErasureStep]:
    names = ", ".join(asked.service for asked in order.asked)
    asked_for = f"Attempt {attempt}: order {order.order_id} asked {names} to erase {_count(len(order.subjects), 'id')}."
    yield ErasureStep(at=order.ordered_at, sentence=asked_for, to=tuple(asked.service for asked in order.asked))
    for asked in order.asked:
        if asked.reminders:
            times = _count(asked.reminders, "time")
            reminded = f"{asked.service} was reminded, {times} by now."
            yield ErasureStep(at=asked.asked_at, sentence=reminded, to=(asked.service,))
    if order.closed_at:
        yield ErasureStep(at=order.closed_at, sentence=f"Order {order.order_id} was complete.")


def _of_report(report: Report, people: frozenset[UUID]) -> Iterator[ErasureStep]:
    """What a participant said of the people of one case; nothing of the others in the order."""
    said = ErasureReported.model_validate(report.body)
    places = [place for place, subject in enumerate(said.subjects) if subject in people]
    if not places:
        return
    if said.failure:
        fault = " ".join(filter(None, (said.failure.sqlstate, said.failure.constraint))) or "no reason given"
        yield _answer(report, f"{report.service} could not erase: {fault}.")
        return
    tables: dict[str, list[str]] = {}
    for table in said.tables:
        for outcome in sorted({table.outcome[place] for place in places} & set(DONE)):
            tables.setdefault(DONE[outcome], []).append(table.table)
    what = "; ".join(f"{words} {', '.join(names)}" for words, names in tables.items()) or "it held nothing"
    yield _answer(report, f"{report.service} answered: {what}.")


def _answer(report: Report, sentence: str) -> ErasureStep:
    return ErasureStep(at=report.received_at, sentence=sentence, by=report.service, to=(OWN,))


def _of_search(seen: Finding) -> Iterator[ErasureStep]:
    """What a participant saw when it searched for what was left behind."""
    if seen.done_at is None:
        return
    found = ", ".join(f"{each.place} ({each.rows})" for each in seen.places if each.ending == "found")
    unread = f"; not searched: {', '.join(seen.unread)}" if seen.unread else ""
    what = f"found in {found}" if found else "nothing found"
    sentence = f"{seen.service} searched {seen.read} rows, letters and lines: {what}{unread}."
    yield ErasureStep(at=seen.done_at, sentence=sentence, by=seen.service, to=(OWN,))


def standing(case: CaseRow, newest: OrderRow | None, in_flight: int, at: datetime) -> str:
    """What the case waits for."""
    waiting = _waits_for(case, newest, in_flight, at)
    if not case.letter:
        return waiting
    tried = f"tried {_count(case.letter_tries, 'time')}, next at {_moment(case.letter_due_at)}"
    return f"{waiting} Its letter ({case.letter}) has not left yet: {tried}."


def _waits_for(case: CaseRow, newest: OrderRow | None, in_flight: int, at: datetime) -> str:
    if case.closed_at:
        return "Nothing is left to do."
    if may_be_withdrawn(case, at):
        return f"Its person may withdraw it until {_moment(case.run_at)}; then it is ordered."
    if case.state == "ordered" and newest:
        return _waits_for_answers(newest)
    if case.run_at > at:
        return f"The attempt failed; the next one is at {_moment(case.run_at)}."
    if case.waits_for_copy:
        return "It is ready and waits for its person's copy: that is taken back, or its time is over."
    if case.waits_for_hold:
        return "It is ready and waits for a legal hold: that is released, or reviewed (GET /staff/holds)."
    return f"It is ready and waits to be ordered; {_count(in_flight, 'order')} waiting for answers."


def _waits_for_answers(order: OrderRow) -> str:
    owing = [_owing(asked) for asked in order.asked if answer(asked) in ("asked", "silent")]
    return f"It waits for {' and '.join(owing) or 'its order to close'}."


def _owing(asked: AskedRow) -> str:
    silence = f", silent after {_count(asked.reminders, 'reminder')}" if asked.reminders else ""
    return f"{asked.service} (asked last at {_moment(asked.asked_at)}{silence})"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
