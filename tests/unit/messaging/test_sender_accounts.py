"""Whose word counts."""

import pytest

from shared.messaging.sender_accounts import account, may_ask, may_send


@pytest.mark.parametrize(
    ("user_id", "believed"),
    [
        ("identity@main", True),  # owns the type
        ("privacy@main", True),  # takes it, sends it to itself after a retry
        ("lethe", True),  # an operator
        ("marketing@main", False),
        ("identity-two@main", False),
        ("operators@main", False),  # a service of that name is no operator
        ("@main", False),
        ("", False),
        (None, False),
    ],
)
def test_an_event_comes_from_its_owner_its_receiver_or_an_operator(user_id: str | None, believed: bool) -> None:
    assert may_send(user_id, "identity.erasure-reported.v1", "privacy") is believed


@pytest.mark.parametrize(
    ("user_id", "askers", "may"),
    [
        ("gateway@main", ("gateway",), True),
        ("gateway-two@main", ("gateway",), False),
        ("marketing@main", ("gateway",), False),
        ("newcomer@main", ("participants",), True),
        ("gateway@main", ("participants",), False),
        ("participants@main", ("participants",), False),
        ("lethe", ("operators",), True),
        ("lethe", ("gateway", "participants"), False),
        ("operators@main", ("operators",), False),
        ("@main", ("participants",), False),
        ("", ("participants",), False),
        (None, ("operators",), False),
    ],
)
def test_a_request_comes_from_an_account_that_the_contract_names(
    user_id: str | None, askers: tuple[str, ...], may: bool
) -> None:
    assert may_ask(user_id, askers) is may


@pytest.mark.parametrize(
    ("url", "name"),
    [("amqp://identity%40main:x@host/v", "identity@main"), ("amqp://lethe:x@host", "lethe"), ("amqp://host", "")],
)
def test_the_account_of_a_url_is_read_as_the_broker_reads_it(url: str, name: str) -> None:
    assert account(url) == name
