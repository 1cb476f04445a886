"""By what a person is known that had a trial."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.licensing.licenses import trial_marks as marks
from shared.secrets import Keyring

KEYRING = Keyring("licensing", f"2:{'o' * 32},1:{'n' * 32}")
OLDER = Keyring("licensing", f"1:{'n' * 32}")
ONE, OTHER = UUID(int=1), UUID(int=2)
LOCAL = st.text("abcxyz.", min_size=1, max_size=8).filter(lambda text: text.strip("."))
TAG = st.text("ab+.", max_size=5)
HOSTS = st.sampled_from(["gmail.com", "googlemail.com", "example.com", "gmail.com.example"])


@given(LOCAL, TAG, HOSTS)
def test_a_mailbox_is_known_whatever_its_owner_adds(local: str, tag: str, host: str) -> None:
    plain = marks.un_aliased(f"{local}@{host}")
    assert marks.un_aliased(f"{local.upper()}+{tag}@{host.upper()}") == marks.un_aliased(plain) == plain
    assert "+" not in plain
    dotless = host in ("gmail.com", "googlemail.com")
    assert (marks.un_aliased(f"{local.replace('.', '')}@{host}") == plain) == (dotless or "." not in local)


def test_what_stands_before_the_plus_alone_tells_mailboxes_apart() -> None:
    assert marks.un_aliased("+a@example.com") == "+a@example.com"
    assert marks.un_aliased("ania@gmail.com") == marks.un_aliased("a.nia+x@googlemail.com") == "ania@gmail.com"
    assert marks.un_aliased("a.nia@example.com") != marks.un_aliased("ania@example.com")


def test_a_mark_is_found_under_older_keys_and_tells_neither_product_nor_person() -> None:
    newest = marks.of_address(KEYRING, "tool", "anna@example.com", ONE)
    older = marks.of_address(OLDER, "tool", "anna+1@example.com", ONE)
    assert older.hashes[0] == newest.hashes[1]
    assert older.holders[0] == newest.holders[1]
    others = [
        marks.of_address(KEYRING, "other", "anna@example.com", ONE),
        marks.of_device(KEYRING, "tool", "anna@example.com", ONE),
    ]
    assert len({each.hashes[0] for each in (newest, *others)}) == len(others) + 1
    assert marks.of_address(KEYRING, "tool", "anna@example.com", OTHER).holders != newest.holders
