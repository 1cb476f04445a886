"""What a human decides: objections under GDPR Art. 21(1), and decisions that their person contests (Art. 22(3))."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.marketing.data_map import DATA_MAP
from shared.clock import now, today
from shared.contracts import identity, marketing, privacy
from shared.personal_data import objections
from shared.purposes import Purpose
from tests.end_to_end.telling import disclosed, tell
from tests.harness import eventually
from tests.scenario import Customer, Scenario

SERVICES = ("identity", "licensing", "marketing")
WHY = "Po rozważeniu obu stron, na podstawie akt sprawy."
EVENTS = "SELECT actor, after, reason FROM case_event WHERE case_id = $1 ORDER BY event_id"
REFUSED, WRONG = 409, 422


async def objected(scenario: Scenario, purpose: Purpose = Purpose.PROFILING) -> tuple[Customer, UUID]:
    """Somebody of whom an interest is known, and whose objection is under review."""
    person = await scenario.customer()
    await scenario.ask(marketing.NoteInterest(subject_id=person.id, topic="backlinks"))
    case_id = await person.use_right("objection", about=purpose, statement="I am a competitor's employee.")
    assert await person.allowed(purpose, "privacy") is False, "ruled in the transaction that opens the case"
    await person.until("under review")
    return person, case_id


async def decide(scenario: Scenario, case_id: UUID, decision: str, reason: str = WHY) -> None:
    await scenario.ask(
        privacy.DecideReview.model_validate({"case_id": case_id, "decision": decision, "reason": reason})
    )


async def test_an_objection_freezes_at_once_and_upheld_it_purges(scenario: Scenario) -> None:
    """Example 16 of the reference."""
    person, case_id = await objected(scenario)
    assert [await person.allowed("profiling", service) for service in SERVICES] == [False] * len(SERVICES)
    assert await scenario.count("marketing", "interest", person.id) == 1, "frozen, not gone: nobody has decided yet"
    await scenario.letters(person.address, "działa w każdym naszym systemie")
    await decide(scenario, case_id, "upheld")
    case = await person.case()
    assert (case.state, case.about, case.closed_at is not None) == ("upheld", "profiling", True)

    async def purged() -> bool:
        return await scenario.count("marketing", "interest", person.id) == 0

    await eventually(purged)
    assert await scenario.count("marketing", "subscriber", person.id, "live") == 1, "what serves other purposes stays"
    (letter,) = await scenario.letters(person.address, "Uwzględniliśmy Twój sprzeciw")
    assert WHY in letter
    assert "Moniuszki 1A" in letter
    assert await person.allowed("profiling", "marketing") is False, "and so it stays"
    events = [tuple(event) for event in await scenario.rows["privacy"].fetch(EVENTS, case_id)]
    assert events == [("person", "applying", ""), ("participants", "under review", ""), ("officer", "upheld", WHY)]


async def test_overruled_with_reasons_it_goes_on(scenario: Scenario) -> None:
    person, case_id = await objected(scenario)
    await decide(scenario, case_id, "overruled")

    async def goes_on() -> bool:
        return all([await person.allowed("profiling", service) for service in SERVICES])

    await eventually(goes_on)
    assert await scenario.count("marketing", "interest", person.id) == 1
    (letter,) = await scenario.letters(person.address, "Nie uwzględniliśmy Twojego sprzeciwu")
    assert WHY in letter
    assert "Moniuszki 1A" in letter


async def test_what_was_decided_in_the_panel_before_outlives_an_overruling(scenario: Scenario) -> None:
    person = await scenario.customer()
    await scenario.ask(
        privacy.ChooseConsent(
            subject_id=person.id,
            purpose="direct-marketing",
            given=False,
            text_version="",
            surface="panel",
            method="switch",
        )
    )
    case_id = await person.use_right("objection", about="profiling")
    await person.until("under review")
    await decide(scenario, case_id, "overruled")
    await scenario.letters(person.address, "Nie uwzględniliśmy")
    await scenario.quiet()
    assert await person.allowed("profiling", "privacy") is False
    assert await person.allowed("profiling", "marketing") is False


async def choose_profiling(scenario: Scenario, person: Customer, *, given: bool) -> None:
    choice = {"purpose": "profiling", "given": given, "text_version": "", "surface": "panel", "method": "switch"}
    await scenario.ask(privacy.ChooseConsent.model_validate({"subject_id": person.id, **choice}))


async def test_profiling_that_is_refused_in_the_panel_is_weighed_by_nobody(scenario: Scenario) -> None:
    """It serves direct marketing alone (Art. 21(2)); a refusal that arrives after a newer permission ends nothing."""
    person = await scenario.customer()
    await scenario.ask(marketing.NoteInterest(subject_id=person.id, topic="backlinks"))
    await choose_profiling(scenario, person, given=False)

    async def purged() -> bool:
        return await scenario.count("marketing", "interest", person.id) == 0

    await eventually(purged)
    await choose_profiling(scenario, person, given=True)
    await eventually(lambda: person.allowed("profiling", "marketing"))
    await scenario.ask(marketing.NoteInterest(subject_id=person.id, topic="backlinks"))
    late = privacy.PermissionChanged(subject_id=person.id, purpose="profiling", allowed=False, version=1, purges=True)
    async with scenario.harness.database("marketing") as database, database.transaction(Purpose.RIGHTS) as tx:
        await objections.purge_absolute(tx, DATA_MAP, [late])
    assert await scenario.count("marketing", "interest", person.id) == 1


async def test_its_person_takes_it_back(scenario: Scenario) -> None:
    person, case_id = await objected(scenario)
    await scenario.ask(privacy.WithdrawOwnCase(subject_id=person.id, case_id=case_id))
    assert await person.allowed("profiling", "privacy") is True
    assert await scenario.status(decision(case_id, "upheld")) == REFUSED


async def test_it_holds_for_ids_that_are_linked_later(scenario: Scenario) -> None:
    person, _ = await objected(scenario)
    other = await scenario.register_customer()
    await scenario.ask(identity.LinkPersons(subject_id=person.id, other_id=other.id))

    async def covered() -> bool:
        return await other.allowed("profiling", "marketing") is False

    await eventually(covered)


def decision(case_id: UUID, how: str) -> privacy.DecideReview:
    return privacy.DecideReview.model_validate({"case_id": case_id, "decision": how, "reason": WHY})


async def test_of_two_officers_at_the_same_instant_one_decides(scenario: Scenario) -> None:
    _, case_id = await objected(scenario)
    answers = await asyncio.gather(*(scenario.status(decision(case_id, how)) for how in ("upheld", "overruled")))
    assert sorted(answers) == [200, REFUSED]


@pytest.mark.parametrize(("how", "status"), [("changed", WRONG), ("confirmed", WRONG)])
async def test_an_objection_is_not_decided_as_something_else(scenario: Scenario, how: str, status: int) -> None:
    person, case_id = await objected(scenario)
    assert await scenario.status(decision(case_id, how)) == status
    assert (await person.case()).state == "under review"


async def test_nothing_but_a_review_is_decided(scenario: Scenario) -> None:
    person = await scenario.register_customer()
    case_id = await person.use_right("restriction", ground="accuracy contested")
    assert await scenario.status(decision(case_id, "upheld")) == WRONG
    assert await scenario.status(decision(UUID(int=1), "upheld")) == 404


@pytest.mark.parametrize(
    ("how", "subject"), [("changed", "Zmieniliśmy decyzję"), ("confirmed", "Decyzja pozostaje bez zmian")]
)
async def test_a_person_reviews_a_contested_decision(scenario: Scenario, how: str, subject: str) -> None:
    person = await scenario.register_customer()
    statement = "I sold my computer, nobody else has the key."
    case_id = await person.use_right("human-review", about="suspected-abuse", statement=statement)
    case = await person.case()
    assert (case.state, case.about, case.statement) == ("under review", "suspected-abuse", statement)
    await decide(scenario, case_id, how)
    (letter,) = await scenario.letters(person.address, subject)
    assert WHY in letter
    assert "podejrzenie nadużycia" in letter
    assert (await person.case()).state == how


@pytest.mark.parametrize(
    ("how", "subject"), [("corrected", "Sprostowaliśmy Twoje dane"), ("declined", "Nie sprostowaliśmy danych")]
)
async def test_what_its_person_cannot_edit_is_a_case(scenario: Scenario, how: str, subject: str) -> None:
    person = await scenario.register_customer()
    statement = "On the license stands Nowak, my name is Nowicka."
    case_id = await person.use_right("rectification", about="D1", statement=statement)
    await decide(scenario, case_id, how)
    (letter,) = await scenario.letters(person.address, subject)
    assert WHY in letter
    assert "imię i nazwisko" in letter
    case = await person.case()
    assert (case.state, case.statement) == (how, statement)


INVOICES = (
    "SELECT number, kind, cause, buyer_name, gross, retain_until FROM invoice WHERE subject_id = $1 ORDER BY number"
)
NAMES = ("Poczta.example sp. z o.o.", "PayGate Sandbox S.A.")
TOLD_BY_MAIL = "SELECT count(*) FROM recipient_notice WHERE case_id = $1 AND how = 'mail'"


async def test_a_corrected_surname_reaches_everybody_but_no_issued_invoice(scenario: Scenario) -> None:
    """Example 21 of the reference."""
    person, began = await scenario.customer(), today()
    await person.order()
    (invoice,) = await scenario.rows["licensing"].fetch(INVOICES, person.id)
    case_id = await person.use_right("rectification", about="D1", statement="My name is Nowicka.", language="en")
    correction = {"full_name": "Wisława Nowicka", "invoices": True}
    decided = {"case_id": case_id, "decision": "corrected", "reason": WHY, "correction": correction}
    await entered_after_the_decision(scenario, person, case_id)
    await scenario.ask(privacy.DecideReview.model_validate(decided))
    case = await person.until("corrected")
    assert {(each.service, each.answered) for each in case.progress} == {("identity", True), ("licensing", True)}
    profile = await scenario.ask(identity.ReadProfile(subject_id=person.id))
    assert profile.full_name == "Wisława Nowicka"
    ordered = "SELECT name FROM purchase_buyer WHERE subject_id = $1"
    assert await scenario.rows["licensing"].fetchval(ordered, person.id) == "Wisława Nowicka"
    unchanged, corrected = await scenario.rows["licensing"].fetch(INVOICES, person.id)
    assert unchanged == invoice
    assert corrected["number"].startswith("KOR/")
    assert (corrected["kind"], corrected["cause"], corrected["gross"]) == ("correction", "buyer", 0)
    assert (corrected["buyer_name"], corrected["retain_until"]) == ("Wisława Nowicka", invoice["retain_until"])
    (letter,) = await scenario.letters(person.address, "We have corrected your data")
    assert WHY in letter
    assert "- Poczta.example sp. z o.o." in letter
    assert "- PayGate Sandbox S.A." in letter

    async def told() -> bool:
        return bool(await scenario.rows["privacy"].fetchval(TOLD_BY_MAIL, case_id) == 2)

    await eventually(told)
    reference = person.payment.reference if person.payment else ""
    notices = await scenario.letters("privacy@paygate.example", "data rectified")
    (notice,) = [text for text in notices if reference in text]
    assert not [value for value in (*person.values, "Nowicka", str(person.id)) if value in notice]
    assert [(each.recipient, each.how) for each in (await person.case()).recipients] == [(n, "mail") for n in NAMES]
    await tell_late(scenario, person, (await person.case()).closed_at)
    await eventually(told)
    notices = await scenario.letters("privacy@paygate.example", "data rectified")
    assert len([text for text in notices if "LATE-1" in text]) == 1, "who was told is told of what came to light"
    assert {each.recipient for each in (await person.case()).recipients} == {*NAMES, "Overtaken"}
    await scenario.ask(privacy.AnswerAboutRecipients(case_id=case_id))
    (answer,) = await scenario.letters(person.address, "Whom we have told")
    assert any(f"- PayGate Sandbox S.A.: told by e-mail on {day}" in answer for day in (began, today()))


async def entered_after_the_decision(scenario: Scenario, person: Customer, case_id: UUID) -> None:
    """Of a decision and a disclosure at once one sees the other: the second waits."""
    rows, held = scenario.rows["privacy"], "SELECT FROM privacy_case WHERE case_id = $1 FOR NO KEY UPDATE"
    waits = """SELECT count(*) FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%FOR SHARE%'"""

    async def waiting() -> int:
        await rows.execute("SELECT pg_stat_clear_snapshot()")  # a transaction sees what it saw first
        return int(await rows.fetchval(waits))

    async with rows.transaction():
        await rows.execute(held, case_id)
        await tell(scenario, "licensing", disclosed(person, now(), "Of the address", "D3"))
        await eventually(waiting)


async def tell_late(scenario: Scenario, person: Customer, closed_at: datetime | None) -> None:
    """Disclosures that arrive after a correction of D1: only what was handed over before, and of that, was wrong."""
    assert closed_at is not None
    before, after = closed_at - timedelta(seconds=1), closed_at + timedelta(seconds=1)
    ours = [
        disclosed(person, after, "Later", "D1"),
        disclosed(person, before, "Of the address", "D3"),
        disclosed(person, before, "Overtaken", "D1"),
        disclosed(person, before, "payment provider", "D1", "LATE-1"),
    ]
    await tell(scenario, "licensing", *ours)
    entered = "SELECT count(*) FROM disclosure WHERE subject_id = $1 AND reference = 'LATE-1'"
    await eventually(lambda: scenario.rows["privacy"].fetchval(entered, person.id))


async def put_right(scenario: Scenario, person: Customer, about: str = "D1", **correction: Any) -> None:
    """An officer corrects something of somebody; every service has applied it."""
    case_id = await person.use_right("rectification", about=about, statement="It is another.")
    decided = {"case_id": case_id, "decision": "corrected", "reason": WHY, "correction": correction}
    await scenario.ask(privacy.DecideReview.model_validate(decided))
    await person.until("corrected")


async def refunded(scenario: Scenario, person: Customer, amount: int) -> None:
    assert await scenario.status(await person.provider_says("refund.made", amount)) == 200


NAMED = "SELECT buyer_name FROM invoice WHERE subject_id = $1"
CORRECTED = """
SELECT c.cause, c.buyer_name, c.gross, i.kind AS corrects FROM invoice c JOIN invoice i ON i.invoice_id = c.corrects
WHERE c.subject_id = $1 ORDER BY c.number
"""


async def test_the_correction_of_a_refund_names_the_buyer_as_is_right_by_then(scenario: Scenario) -> None:
    """As invoiced before a rectification, as put right after it, and as put right last after two; each corrects the
    invoice itself, whose sums are taken back once."""
    person = await scenario.customer()
    payment = person.payment
    assert payment is not None
    invoiced = await scenario.rows["licensing"].fetchval(NAMED, person.id)
    await refunded(scenario, person, 1_000)
    await put_right(scenario, person, full_name="Wisława Nowicka", invoices=True)
    await refunded(scenario, person, 2_000)
    await put_right(scenario, person, full_name="Wisława Nowicka-Wrona", invoices=True)
    await refunded(scenario, person, payment.amount - 3_000)
    corrections = [tuple(row) for row in await scenario.rows["licensing"].fetch(CORRECTED, person.id)]
    assert corrections == [
        ("refund", invoiced, -1_000, "invoice"),
        ("buyer", "Wisława Nowicka", 0, "invoice"),
        ("refund", "Wisława Nowicka", -2_000, "invoice"),
        ("buyer", "Wisława Nowicka-Wrona", 0, "invoice"),
        ("refund", "Wisława Nowicka-Wrona", 3_000 - payment.amount, "invoice"),
    ]


async def test_an_invoice_that_was_right_is_named_so_by_the_correction_of_a_refund(scenario: Scenario) -> None:
    """Who marries after the sale had another name on its day: the officer leaves the invoices alone."""
    person = await scenario.customer()
    invoiced = await scenario.rows["licensing"].fetchval(NAMED, person.id)
    await put_right(scenario, person, full_name="Wisława Nowicka")
    await refunded(scenario, person, 1_000)
    corrections = [tuple(row) for row in await scenario.rows["licensing"].fetch(CORRECTED, person.id)]
    assert corrections == [("refund", invoiced, -1_000, "invoice")]


FIRMS = "SELECT cause, buyer_company, buyer_nip, gross FROM invoice WHERE subject_id = $1 ORDER BY kind DESC, number"
OPEN_ORDERS = "SELECT order_id, company, nip FROM purchase_buyer WHERE subject_id = $1"


async def test_a_corrected_firm_is_named_by_what_it_bought_and_not_by_what_was_bought_privately(
    scenario: Scenario,
) -> None:
    """Somebody bought and ordered privately, then abroad, and then as a sole trader whose NIP had a slip of the pen."""
    person = await scenario.register_customer()
    await person.buy()
    privately = await person.order()
    abroad = {"kind": "sole trader", "company": "Wrona", "country": "SK", "vat_number": "SK2022749619"}
    await scenario.ask(identity.ChangeProfile.model_validate({"subject_id": person.id, **abroad}))
    await person.start_payment(await person.order(professional=True))
    await scenario.ask(await person.provider_says("payment.confirmed"))
    from_abroad = await person.order(professional=True)
    wrong = {"company": "Wrona Uslugi", "nip": "5260250274"}
    await scenario.ask(identity.ChangeProfile(subject_id=person.id, country="PL", vat_number="", **wrong))
    await person.start_payment(await person.order(professional=True))
    await scenario.ask(await person.provider_says("payment.confirmed"))
    as_a_firm = await person.order(professional=True)
    await put_right(scenario, person, "D2", company="Wrona Usługi", nip="123-456-32-18", invoices=True)
    await refunded(scenario, person, 1_000)
    invoices = [tuple(row) for row in await scenario.rows["licensing"].fetch(FIRMS, person.id)]
    (_, _, _, paid), right = invoices[0], ("Wrona Usługi", "1234563218")
    without_vat = invoices[1][-1]
    assert invoices == [
        ("", "", "", paid),
        ("", "Wrona", "", without_vat),
        ("", *wrong.values(), paid),
        ("buyer", "Wrona Usługi", "", 0),
        ("buyer", *right, 0),
        ("refund", *right, -1_000),
    ]
    orders = {row["order_id"]: tuple(row)[1:] for row in await scenario.rows["licensing"].fetch(OPEN_ORDERS, person.id)}
    assert orders == {privately: ("", ""), from_abroad: ("Wrona Usługi", ""), as_a_firm: right}
    profile = await scenario.ask(identity.ReadProfile(subject_id=person.id))
    assert (profile.company, profile.nip, profile.kind) == (*right, "sole trader")


async def test_who_is_erased_leaves_no_statement(scenario: Scenario) -> None:
    person, case_id = await objected(scenario)
    await person.erase(terminate=True)
    row = "SELECT state, statement FROM privacy_case WHERE case_id = $1"
    (left,) = await scenario.rows["privacy"].fetch(row, case_id)
    assert tuple(left) == ("ended", None)
