"""Whose word counts."""

import pytest

from shared.messaging.sender_accounts import account, may_send


@pytest.mark.parametrize(
    ("user_id", "believed"),
    [
        ("identity@main", True),  # owns the type
        ("privacy@main", True),  # takes it, sends it to itself after a retry
        ("lethe", True),  # an operator
        ("marketing@main", False),
        ("identity-two@main", False),
        ("@main", False),
        ("", False),
        (None, False),
    ],
)
def test_an_event_comes_from_its_owner_its_receiver_or_an_operator(user_id: str | None, believed: bool) -> None:
    assert may_send(user_id, "identity.erasure-reported.v1", "privacy") is believed


@pytest.mark.parametrize(
    ("url", "name"),
    [("amqp://identity%40main:x@host/v", "identity@main"), ("amqp://lethe:x@host", "lethe"), ("amqp://host", "")],
)
def test_the_account_of_a_url_is_read_as_the_broker_reads_it(url: str, name: str) -> None:
    assert account(url) == name
