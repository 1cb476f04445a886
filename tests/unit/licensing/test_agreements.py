"""Who has the rights of a consumer, and when a key may be shown."""

import re
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import get_args
from uuid import uuid4

import pytest

from services.licensing.agreements import rules
from services.licensing.agreements.rules import PROTECTIONS, Agreement
from services.licensing.orders.rules import draft
from shared.contracts.identity.accounts import Kind
from shared.problems import Refused
from tests.unit.licensing.data import NOON, PRODUCT, TERMS, facts, request

SALES = Path(__file__).parents[3] / "docs" / "sales.md"
FIRM = {"company": "Firma", "nip": "9222828810"}


def test_every_buyer_is_protected_or_not_or_named_a_field() -> None:
    for kind, professional in product(get_args(Kind), (None, True, False)):
        known = [each for each in PROTECTIONS if (each.kind, each.professional) == (kind, professional)]
        if known:
            assert rules.protection_of(kind, professional) == known[0]
            continue
        with pytest.raises(Refused) as refused:
            rules.protection_of(kind, professional)
        assert refused.value.problem.errors[0].field == "professional"


@pytest.mark.parametrize("left_out", ["wants_immediate_delivery", "knows_withdrawal_lapses"])
def test_a_sole_trader_outside_the_trade_declares_as_a_consumer(left_out: str) -> None:
    trader = facts(kind="sole trader", **FIRM)
    with pytest.raises(Refused) as refused:
        draft(request(professional=False, **{left_out: False}), PRODUCT, trader, TERMS, NOON)
    assert refused.value.problem.errors[0].field == left_out
    assert draft(request(professional=False), PRODUCT, trader, TERMS, NOON).protection.consumer
    assert not draft(request(professional=True, **{left_out: False}), PRODUCT, trader, TERMS, NOON).protection.consumer


def test_a_key_of_a_consumer_waits_for_the_letter() -> None:
    waiting = Agreement(uuid4(), "2026-01", "", True, NOON, NOON, NOON, None, None)
    with pytest.raises(Refused) as refused:
        rules.check_confirmed(waiting)
    assert refused.value.problem.status == 409
    rules.check_confirmed(replace(waiting, confirmed_at=NOON))
    rules.check_confirmed(replace(waiting, begun_at=NOON))  # seen before there were letters
    rules.check_confirmed(replace(waiting, consumer=False))


def test_the_page_tells_what_protects_each_buyer() -> None:
    answers = {None: "not asked", True: "yes", False: "no"}
    rows = [
        f"| {each.kind} | {answers[each.professional]} | {'yes' if each.consumer else 'no'} | {each.provision} |"
        for each in PROTECTIONS
    ]
    told = re.findall(r"^\| (?:person|sole trader|company) \|.*$", SALES.read_text(), re.MULTILINE)
    assert told == rows
