"""What a mail's header can't hold is refused when it is typed."""

import pytest
from pydantic import ValidationError

from shared.contracts.marketing import CreateCampaign


@pytest.mark.parametrize(
    "subject",
    ["a\nb", "a\r\nBcc: x", "a\u2028b", "a\u2029b", "a\u0085b", "a\x0bb", "a\x0cb", "a\x1cb", "a\x00b", "a\x7fb"],
)
def test_a_subject_that_no_header_can_hold_is_refused_by_name(subject: str) -> None:
    with pytest.raises(ValidationError) as refused:
        CreateCampaign(subject=subject, text="News")
    assert {error["loc"] for error in refused.value.errors()} == {("subject",)}


@pytest.mark.parametrize("subject", ["Zażółć gęślą jaźń", "新しい版", "a\u00a0b", "👩‍💻 news", "עברית"])
def test_any_script_makes_a_subject(subject: str) -> None:
    assert CreateCampaign(subject=subject, text="News").subject == subject
