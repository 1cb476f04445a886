"""Subject ids are UUID version 7 (RFC 9562, 5.7)."""

from hypothesis import given
from hypothesis import strategies as st

from services.identity.subject_ids import minted, uuid7


def test_subject_ids_are_version_7_and_follow_the_clock() -> None:
    ids = [uuid7() for _ in range(1000)]
    assert {(i.version, i.variant) for i in ids} == {(7, "specified in RFC 4122")}
    assert len(set(ids)) == 1000
    milliseconds = [i.int >> 80 for i in ids]
    assert milliseconds == sorted(milliseconds)


@given(st.integers(0, 2**48 - 1), st.integers(0, 2**74 - 1))
def test_a_subject_id_keeps_its_moment_and_every_drawn_bit(milliseconds: int, drawn: int) -> None:
    minted_id = minted(milliseconds, drawn)
    assert (minted_id.version, minted_id.variant) == (7, "specified in RFC 4122")
    assert minted_id.int >> 80 == milliseconds
    assert (minted_id.int >> 64 & 0xFFF) << 62 | minted_id.int & (2**62 - 1) == drawn
