"""The codes of sign-ups."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.identity.pending_addresses import CODE
from shared.contracts import identity
from shared.secrets import Keyring

KEYRING = Keyring("identity", "1:" + "k" * 32)


@given(st.uuids())
def test_a_code_has_eight_digits_and_stays_the_same(nonce: UUID) -> None:
    code = KEYRING.code(CODE, nonce.bytes)
    assert identity.ConfirmEmail(email="a@example.com", code=code).code == KEYRING.code(CODE, nonce.bytes)
