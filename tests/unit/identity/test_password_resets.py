"""The tokens of password resets."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.identity.password_resets import reset_token
from shared.contracts import identity
from shared.secrets import Keyring

KEYRING = Keyring("identity", "1:" + "k" * 32)


@given(st.uuids(), st.uuids())
def test_reset_tokens_differ_and_fit_the_contract(one: UUID, other: UUID) -> None:
    token = reset_token(KEYRING, one)
    assert identity.Authenticate(token=token).token == token
    assert (token == reset_token(KEYRING, other)) == (one == other)
