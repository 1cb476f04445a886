"""What a decision about a consent covers, and when it needs its words."""

from uuid import uuid4

import pytest

from services.privacy.consents.rules import CHANNELS, Decision, covered, needs_text
from shared.purposes import Purpose


def test_objecting_covers_channels_and_profiling_consenting_covers_itself() -> None:
    assert set(covered(Purpose.MARKETING, given=False)) == {Purpose.MARKETING, *CHANNELS, Purpose.PROFILING}
    assert covered(Purpose.MARKETING, given=True) == (Purpose.MARKETING,)
    assert covered(Purpose.MARKETING_EMAIL, given=False) == (Purpose.MARKETING_EMAIL,)


@pytest.mark.parametrize(
    ("purpose", "given", "needs"),
    [(Purpose.MARKETING_EMAIL, True, True), (Purpose.MARKETING_EMAIL, False, False), (Purpose.PROFILING, True, False)],
)
def test_only_a_consent_needs_text(purpose: Purpose, given: bool, needs: bool) -> None:  # noqa: FBT001, RUF100
    decision = Decision(uuid4(), purpose, given, "T-7", "pl", "panel", "box ticked")
    assert needs_text(decision) is needs
