"""The retention classes: worked examples, dated rules, and what holds for every date."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.law import retention
from shared.law.calendar import WARSAW, Dated, in_force, months_after, year_end
from shared.law.case_clock import working_day
from shared.law.retention import Claim, Retention, claims, latest, policies
from shared.law.retention.policies import REVIEW
from shared.law.retention.taxes import BOOKS, COMPLAINT_PAPERS, DUE_DATES, LIMITATION, OSS, pit_due, vat_due
from shared.law.retention.terms import Rule, keep

TAX = "Ordynacja podatkowa art. 86 § 1, art. 70 § 1; ustawa o VAT art. 112"
LEGAL_DUTY = "GDPR Art. 17(3)(b)"
CLAIMS = "GDPR Art. 17(3)(e)"


def kept(until: date | None, review_at: date | None, provision: str, exemption: str | None) -> Retention:
    """A retention with its reasons written in a row."""
    exemptions = tuple(exemption.split(" & ")) if exemption else ()
    return Retention(until, review_at, tuple(provision.split(" & ")), exemptions)


facts = st.dates(date(2021, 7, 1), date(2090, 12, 31))
kinds = st.sampled_from(Claim)

# One entry per class, or per step of a class: what it is called, and its answer for a fact.
DATED: dict[str, Callable[[date], Retention]] = {
    "R-TAX": retention.tax,
    "R-OSS": retention.oss,
    "R-BOOKS": retention.books,
    "R-BOOKS complaint": retention.complaint_papers,
    "R-CLAIM business": lambda day: retention.claim(day, Claim.BUSINESS),
    "R-CLAIM consumer": lambda day: retention.claim(day, Claim.CONSUMER),
    "R-CLAIM price": lambda day: retention.claim(day, Claim.PRICE),
    "R-CLAIM adjudicated": lambda day: retention.claim(day, Claim.ADJUDICATED),
    "R-LIVE ended": lambda day: retention.live(day, Claim.CONSUMER, reviewed=day),
    "R-SEC incident": lambda day: retention.incident(day, Claim.BUSINESS, reviewed=day),
    "R-CONT winner": retention.contest_prize,
    "R-PROOF": retention.proof,
    "R-PROOF withdrawn": lambda day: retention.consent(day, reviewed=day),
    "R-SEC raw": retention.security_log,
    "R-SEC flagged": lambda day: retention.security_log(day, flagged=True),
    "R-ACT raw": retention.activity,
    "R-ACT pseudonymous": lambda day: retention.activity(day, pseudonymous=True),
    "R-MKT": retention.marketing,
    "R-ENQ": retention.enquiry,
    "R-CONT loser": retention.contest_entry,
    "R-COOK accepted": lambda day: retention.cookie_choice(day, refused=False),
    "R-COOK refused": lambda day: retention.cookie_choice(day, refused=True),
    "R-COOK life": retention.cookie,
}
# Classes that end with a calendar year, and how many years after the fact's own.
YEAR_END = {
    "R-TAX": 6,
    "R-OSS": 10,
    "R-BOOKS": 5,
    "R-BOOKS complaint": 1,
    "R-CLAIM business": 3,
    "R-CLAIM consumer": 6,
    "R-CLAIM price": 2,
    "R-CLAIM adjudicated": 6,
    "R-LIVE ended": 6,
    "R-SEC incident": 3,
    "R-CONT winner": 6,
    "R-PROOF": 6,
    "R-PROOF withdrawn": 6,
}


def until(answer: Retention) -> date:
    assert answer.until is not None, f"open: {answer}"
    return answer.until


def is_over(answer: Retention, at: datetime) -> bool:
    """The retention run's condition, in the vendor's local days."""
    return until(answer) < at.astimezone(WARSAW).date()


# ── R-TAX, R-OSS ────────────────────────────────────────────────────────────────────────────────


def test_example_12_tax_set_of_a_june_sale() -> None:
    sold = date(2026, 6, 15)
    answer = retention.tax(sold)
    assert answer == kept(date(2032, 12, 31), None, TAX, LEGAL_DUTY)
    assert until(answer) != months_after(sold, 60)
    assert not is_over(answer, datetime(2032, 12, 31, 23, 59, tzinfo=WARSAW))
    assert is_over(answer, datetime(2033, 1, 1, 0, 0, tzinfo=WARSAW))


def test_income_tax_outlasts_vat_for_a_june_sale() -> None:
    sold = date(2026, 6, 15)
    assert (vat_due(sold), pit_due(sold)) == (date(2026, 7, 25), date(2027, 4, 30))


def test_a_december_sale_ends_on_the_same_day_by_both_taxes() -> None:
    sold = date(2026, 12, 15)
    assert (vat_due(sold), pit_due(sold)) == (date(2027, 1, 25), date(2027, 4, 30))
    assert until(retention.tax(sold)) == date(2032, 12, 31)


def test_a_correction_keeps_the_corrected_invoice_alive() -> None:
    correction = date(2028, 3, 1)
    assert until(retention.tax(correction)) == date(2034, 12, 31)
    assert until(retention.tax(date(2026, 6, 15), corrections=[correction])) == date(2034, 12, 31)


def test_a_suspended_limitation_leaves_the_end_open() -> None:
    answer = retention.tax(date(2026, 6, 15), held=date(2032, 5, 4))
    assert answer == kept(None, date(2033, 5, 4), "Ordynacja podatkowa art. 86 § 1, art. 70 §§ 2-7", LEGAL_DUTY)


def test_oss_evidence_is_kept_ten_years_after_the_year_of_supply() -> None:
    answer = retention.oss(date(2026, 9, 1))
    assert answer == kept(
        date(2036, 12, 31),
        None,
        "Directive 2006/112/EC Art. 369k; Reg. 282/2011 Art. 63c; ustawa o VAT art. 130d",
        LEGAL_DUTY,
    )


def test_only_a_sale_declared_in_the_oss_is_kept_ten_years() -> None:
    sold = date(2026, 9, 1)
    assert retention.sale(sold, declared_in_oss=True) == retention.oss(sold)
    assert retention.sale(sold, declared_in_oss=False) == retention.tax(sold)


def test_a_late_correction_and_a_hold_reach_a_sale_too() -> None:
    sold, correction, held = date(2026, 9, 1), date(2028, 3, 1), date(2032, 5, 4)
    assert until(retention.sale(sold, declared_in_oss=False, corrections=[correction])) == date(2034, 12, 31)
    assert until(retention.sale(sold, declared_in_oss=True, corrections=[correction])) == date(2036, 12, 31)
    assert retention.sale(sold, declared_in_oss=True, held=held) == retention.tax(sold, held=held)


@given(facts)
def test_moving_the_tax_deadlines_off_holidays_never_changes_their_year(sold: date) -> None:
    for due in (vat_due(sold), pit_due(sold)):
        assert working_day(due).year == due.year


@given(facts)
def test_vat_falls_due_on_the_25th_of_the_next_month(sold: date) -> None:
    due = vat_due(sold)
    assert due.day == 25
    assert (due.year - sold.year) * 12 + due.month - sold.month == 1


@given(facts, st.lists(facts, max_size=4))
def test_corrections_never_shorten_and_never_outlast_their_own_clock(sold: date, corrections: list[date]) -> None:
    last_year = max([sold, *corrections]).year
    assert until(retention.tax(sold, corrections=corrections)) == date(last_year + 6, 12, 31)


# ── R-BOOKS ─────────────────────────────────────────────────────────────────────────────────────


def test_books_are_kept_five_years_from_the_year_after_the_booking() -> None:
    answer = retention.books(date(2026, 6, 15))
    assert answer == kept(date(2031, 12, 31), None, "ustawa o rachunkowości art. 74 ust. 2-3", LEGAL_DUTY)


def test_vouchers_of_a_claim_are_kept_from_its_final_end() -> None:
    booked = date(2026, 6, 15)
    assert until(retention.books(booked, settled=date(2030, 2, 1))) == date(2035, 12, 31)
    assert until(retention.books(booked, settled=date(2025, 2, 1))) == date(2031, 12, 31)


def test_complaint_papers_are_kept_one_year() -> None:
    assert until(retention.complaint_papers(date(2026, 6, 15))) == date(2027, 12, 31)


def test_the_accounting_act_binds_only_with_full_books() -> None:
    booked, settled = date(2026, 6, 15), date(2030, 2, 1)
    assert retention.ledger(booked, full_books=False, settled=settled) == retention.tax(booked)
    assert retention.ledger(booked, full_books=True) == retention.tax(booked)
    assert retention.ledger(booked, full_books=True, settled=settled) == retention.books(booked, settled=settled)


def test_a_hold_keeps_the_ledger_open() -> None:
    booked, held = date(2026, 6, 15), date(2032, 5, 4)
    for full_books in (False, True):
        assert retention.ledger(booked, full_books=full_books, held=held).review_at == date(2033, 5, 4)


# ── R-CLAIM, R-LIVE ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "end", "provision"),
    [
        (Claim.BUSINESS, date(2029, 12, 31), "KC art. 118"),
        (Claim.CONSUMER, date(2032, 12, 31), "KC art. 118"),
        (Claim.PRICE, date(2028, 12, 31), "KC art. 554, art. 118"),
        (Claim.ADJUDICATED, date(2032, 12, 31), "KC art. 125 § 1, art. 118"),
    ],
)
def test_a_claim_due_in_march_2026_ends_with_a_year(kind: Claim, end: date, provision: str) -> None:
    assert retention.claim(date(2026, 3, 10), kind) == kept(end, None, provision, CLAIMS)


def test_an_unpaid_invoice_stays_open_until_paid_and_then_falls_back_to_tax() -> None:
    sold = date(2026, 12, 15)
    unpaid = latest(retention.tax(sold), retention.open_claim(date(2027, 1, 10)))
    assert unpaid == kept(None, date(2028, 1, 10), "KC art. 118", CLAIMS)
    assert retention.tax(sold) == kept(date(2032, 12, 31), None, TAX, LEGAL_DUTY)


def test_a_living_contract_is_reviewed_and_gives_no_exception() -> None:
    answer = retention.live(None, Claim.CONSUMER, reviewed=date(2026, 3, 10))
    assert answer == kept(None, date(2027, 3, 10), "GDPR Art. 6(1)(b), Art. 5(1)(e)", None)


def test_an_ended_contract_is_kept_as_its_claims() -> None:
    ended = date(2026, 12, 22)
    for kind in Claim:
        assert retention.live(ended, kind, reviewed=date(2027, 1, 1)) == retention.claim(ended, kind)


# ── R-SEC, R-ACT, R-COOK ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("R-SEC raw", date(2026, 9, 13)),
        ("R-SEC flagged", date(2027, 6, 15)),
        ("R-ACT raw", date(2026, 9, 13)),
        ("R-ACT pseudonymous", date(2027, 7, 15)),
        ("R-MKT", date(2028, 6, 15)),
        ("R-ENQ", date(2027, 6, 15)),
        ("R-CONT loser", date(2026, 9, 15)),
        ("R-COOK accepted", date(2027, 6, 15)),
        ("R-COOK refused", date(2026, 12, 15)),
        ("R-COOK life", date(2027, 7, 15)),
    ],
)
def test_policies_of_a_fact_in_june_2026(name: str, end: date) -> None:
    answer = DATED[name](date(2026, 6, 15))
    assert until(answer) == end
    assert answer.exemptions == ()


def test_an_open_incident_is_reviewed_and_a_closed_one_kept_as_its_claims() -> None:
    reviewed, closed = date(2026, 12, 18), date(2027, 2, 1)
    still_open = retention.incident(None, Claim.CONSUMER, reviewed=reviewed)
    assert still_open == kept(None, date(2027, 12, 18), "GDPR Art. 32, Art. 33(5)", CLAIMS)
    assert retention.incident(closed, Claim.CONSUMER, reviewed=reviewed) == retention.claim(closed, Claim.CONSUMER)


# ── R-MKT, R-CONT, R-PROOF ──────────────────────────────────────────────────────────────────────


def test_an_objection_ends_marketing_on_its_day() -> None:
    last = date(2026, 6, 15)
    assert until(retention.marketing(last, ended=date(2026, 11, 25))) == date(2026, 11, 25)
    assert until(retention.marketing(last, ended=date(2028, 6, 16))) == date(2028, 6, 15)


def test_a_prize_is_kept_for_tax_and_claims() -> None:
    consumer = retention.contest_prize(date(2026, 6, 15))
    assert consumer == kept(date(2032, 12, 31), None, f"{TAX} & KC art. 118", f"{LEGAL_DUTY} & {CLAIMS}")
    assert retention.contest_prize(date(2026, 6, 15), Claim.BUSINESS) == retention.tax(date(2026, 6, 15))


def test_proof_lasts_six_years_from_the_end() -> None:
    answer = retention.proof(date(2026, 12, 22))
    assert answer == kept(date(2032, 12, 31), None, "GDPR Art. 5(2), Art. 7(1); KC art. 118", CLAIMS)


def test_a_living_consent_is_reviewed_and_a_withdrawn_one_proven() -> None:
    reviewed, withdrawn = date(2026, 6, 15), date(2026, 11, 25)
    alive = retention.consent(None, reviewed=reviewed)
    assert alive == kept(None, date(2027, 6, 15), "GDPR Art. 5(2), Art. 7(1); KC art. 118", CLAIMS)
    assert retention.consent(withdrawn, reviewed=reviewed) == retention.proof(withdrawn)


# ── All classes ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", DATED)
@given(fact=facts)
def test_nothing_ends_before_its_fact(name: str, fact: date) -> None:
    assert until(DATED[name](fact)) > fact


@pytest.mark.parametrize("name", DATED)
@given(one=facts, other=facts)
def test_a_later_fact_never_ends_earlier(name: str, one: date, other: date) -> None:
    early, late = sorted((one, other))
    assert until(DATED[name](early)) <= until(DATED[name](late))


@pytest.mark.parametrize("name", YEAR_END)
@given(fact=facts)
def test_year_end_classes_end_on_31_december(name: str, fact: date) -> None:
    assert until(DATED[name](fact)) == date(fact.year + YEAR_END[name], 12, 31)


@pytest.mark.parametrize("name", sorted(DATED.keys() - YEAR_END.keys()))
def test_the_other_classes_end_at_any_time_of_the_year(name: str) -> None:
    days = {until(DATED[name](date(2026, month, 10))) for month in range(1, 13)}
    assert len(days) == 12


@pytest.mark.parametrize("name", DATED)
def test_a_class_names_its_provision(name: str) -> None:
    answer = DATED[name](date(2026, 6, 15))
    assert any(law in answer.provisions[0] for law in ("GDPR", "KC", "PKE", "ustawa", "Ordynacja", "Directive"))
    assert answer.exemptions in {(), (LEGAL_DUTY,), (CLAIMS,), (LEGAL_DUTY, CLAIMS)}


@pytest.mark.parametrize(
    ("rows", "first"),
    [
        (DUE_DATES, date(2004, 5, 1)),
        (LIMITATION, date(2004, 5, 1)),
        (OSS, date(2021, 7, 1)),
        (BOOKS, date(1995, 1, 1)),
        (COMPLAINT_PAPERS, date(1995, 1, 1)),
        (claims.LIMITATION[Claim.BUSINESS], date(2018, 7, 9)),
        (claims.LIMITATION[Claim.CONSUMER], date(2018, 7, 9)),
        (claims.LIMITATION[Claim.PRICE], date(2018, 7, 9)),
        (claims.LIMITATION[Claim.ADJUDICATED], date(2018, 7, 9)),
        (policies.PROOF, date(2018, 5, 25)),
    ],
)
def test_nobody_guesses_a_rule_for_a_day_before_the_first(rows: Sequence[Dated], first: date) -> None:
    assert in_force(rows, first) is rows[0]
    with pytest.raises(LookupError, match="add the row"):
        in_force(rows, first - timedelta(days=1))


# ── The rows themselves ─────────────────────────────────────────────────────────────────────────

OLD = Rule(date(2020, 1, 1), "old", years=5, to_year_end=True)
NEW = Rule(date(2027, 1, 1), "new", years=3)


@pytest.mark.parametrize("rows", [(OLD, NEW), (NEW, OLD)])
def test_a_change_of_law_is_a_new_row(rows: tuple[Rule, ...]) -> None:
    assert keep(rows, date(2026, 12, 31)) == kept(date(2031, 12, 31), None, "old", None)
    assert keep(rows, date(2027, 1, 1)) == kept(date(2030, 1, 1), None, "new", None)
    assert in_force(rows, date(2090, 1, 1)) is NEW


def test_a_retention_has_either_a_last_day_or_a_day_of_review() -> None:
    day = date(2026, 1, 1)
    for until_, review_at in ((None, None), (day, day)):
        with pytest.raises(ValueError, match="either"):
            kept(until_, review_at, "KC art. 118", None)


def test_the_latest_of_several_is_the_open_one_first_to_review() -> None:
    dated = kept(date(2090, 1, 1), None, "dated", "x")
    soon, later = kept(None, date(2027, 1, 1), "soon", None), kept(None, date(2028, 1, 1), "later", "y")
    assert latest(dated, later) == later
    assert latest(later, dated, soon) == kept(None, date(2027, 1, 1), "later & soon", "y")


def test_equals_are_named_together_once() -> None:
    day = date(2032, 12, 31)
    a, b = kept(day, None, "a", "x"), kept(day, None, "b", "x")
    assert latest(a, b, a) == kept(day, None, "a & b", "x")
    assert latest(kept(date(2031, 1, 1), None, "short", None), a) == a


@given(facts)
def test_what_stays_open_is_reviewed_within_a_year(reviewed: date) -> None:
    for answer in (
        retention.open_claim(reviewed),
        retention.tax(reviewed, held=reviewed),
        retention.live(None, Claim.BUSINESS, reviewed=reviewed),
        retention.incident(None, Claim.BUSINESS, reviewed=reviewed),
        retention.consent(None, reviewed=reviewed),
    ):
        assert answer.review_at == in_force(REVIEW, reviewed).end(reviewed)
        assert reviewed < answer.review_at <= reviewed + timedelta(days=366)


@given(facts, st.integers(0, 300))
def test_months_end_on_the_same_numbered_day_or_the_last(day: date, months: int) -> None:
    end = months_after(day, months)
    assert (end.year - day.year) * 12 + end.month - day.month == months
    assert end.day == day.day or (end.day < day.day and (end + timedelta(days=1)).day == 1)


@given(facts)
def test_the_year_ends_on_31_december(day: date) -> None:
    assert (year_end(day) + timedelta(days=1)) == date(day.year + 1, 1, 1)
