"""When a silence about an authority's request may be prolonged."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from services.privacy.authorities.rules import StoredRequest, check_prolonged
from shared.contracts.privacy.authorities import ProlongSilence
from shared.problems import Refused

LAST = date(2026, 11, 28)


def silent() -> StoredRequest:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    who = (uuid4(), at, "prosecution", "Police", "RSD 1/26", "KPK art. 15 § 3", "Who bought it.", ("D1",), (uuid4(),))
    return StoredRequest(*who, "granted", at, None, ("D1",), "KPK art. 218 § 2", LAST, None, 0)  # type: ignore[arg-type]


@pytest.mark.parametrize(("day", "until", "status"), [(0, 1, None), (0, 0, 422), (1, 9, 409), (-9, -1, 422)])
def test_a_silence_is_prolonged_until_its_last_day_and_to_a_later_one(day: int, until: int, status: int | None) -> None:
    later = LAST + timedelta(days=until)
    stored = silent()
    request = ProlongSilence(
        request_id=stored.request_id, reason="in writing, today", silence_by="KPK art. 218 § 2", silence_until=later
    )
    answered = None
    try:
        check_prolonged(stored, request, LAST + timedelta(days=day))
    except Refused as refused:
        answered = refused.problem.status
    assert answered == status
