"""Case tokens: the same for a repeated request, unlike for any other."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.gateway import case_tokens as module
from services.gateway.case_tokens import case_tokens
from services.gateway.settings import GatewaySettings
from shared.secrets import Keyring

OLD = Keyring("gateway", f"1:{'o' * 32}")
NEW = Keyring("gateway", f"2:{'n' * 32},1:{'o' * 32}")


def test_a_repeated_request_gets_the_same_token() -> None:
    assert case_tokens(OLD, "anna", "key") == case_tokens(Keyring("gateway", f"1:{'o' * 32}"), "anna", "key")


def test_after_a_rotation_the_earlier_token_is_still_known() -> None:
    tokens = case_tokens(NEW, "anna", "key")
    assert tokens[2:] == case_tokens(OLD, "anna", "key")
    assert len(set(tokens)) == 4


def test_the_token_of_the_day_before_is_still_known_and_that_before_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    days = []
    for day in (24, 25, 26):
        monkeypatch.setattr(module, "now", lambda day=day: datetime(2026, 10, day, 23, tzinfo=UTC))
        days.append(case_tokens(OLD, "anna", "key"))
    (first, _), (second, before), (_, second_again) = days
    assert (before, second_again) == (first, second)
    assert first not in days[2]


def test_requests_that_differ_get_tokens_that_differ() -> None:
    requests = [("anna", "key", ""), ("anna", "other", ""), ("jan", "key", ""), ("", "key", "a"), ("", "key", "b")]
    tokens = {case_tokens(OLD, *request)[0] for request in requests}
    assert len(tokens) == len(requests)
    assert all(len(token) == 43 for token in tokens)


def test_without_an_idempotency_key_every_token_is_fresh() -> None:
    assert len({case_tokens(OLD, "anna", "")[0] for _ in range(3)}) == 3


def test_gateways_with_the_same_keys_give_the_same_tokens_and_those_without_do_not() -> None:
    def token(**settings: Any) -> str:
        chosen = GatewaySettings(amqp_url="amqp://127.0.0.1", **settings)
        return case_tokens(chosen.keyring("gateway"), "anna", "key")[0]

    assert token(keys=f"1:{'o' * 32}") == token(keys=f"1:{'o' * 32}")
    assert token() != token()
