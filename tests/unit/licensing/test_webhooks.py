"""Which addresses and events the vendor's systems may have."""

import pytest

from services.licensing.webhooks import rules
from shared.problems import Refused


def test_it_goes_over_tls_except_in_tests() -> None:
    rules.check("http://127.0.0.1:8000/hooks", ["licensing.license-issued.v1"], local=True)
    with pytest.raises(Refused) as refused:
        rules.check("http://shop.example/hooks", ["licensing.license-issued.v1"], local=False)
    assert refused.value.problem.errors[0].field == "url"


def test_every_event_of_licensing_can_be_asked_for() -> None:
    assert "licensing.order-paid.v1" in rules.TYPES
    assert all(each.startswith("licensing.") for each in rules.TYPES)
