"""The tokens with which a person follows a case when account and sessions are gone."""

import secrets
from base64 import urlsafe_b64encode

from shared.secrets import Keyring

TOKEN_BYTES = 32
USE = "case tokens"


def case_tokens(keyring: Keyring, principal: str, idempotency_key: str, proof: str = "") -> list[str]:
    """The token to open a case with, then those that older keys would have given the same request.

    Without an idempotency key it is a fresh one. With a key it is the same each time, so that a lost answer can be
    asked for again; who has no session adds a `proof`, or else somebody else's key would lead to their token.
    """
    if not idempotency_key:
        return [secrets.token_urlsafe(TOKEN_BYTES)]
    macs = keyring.macs(USE, f"{principal}{proof} {idempotency_key}".encode())
    return [urlsafe_b64encode(mac[1:]).decode().rstrip("=") for mac in macs]  # the first byte is the key's id
