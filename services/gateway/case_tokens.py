"""The tokens with which a person follows a case when account and sessions are gone."""

import secrets
from base64 import urlsafe_b64encode
from datetime import timedelta

from shared.clock import now
from shared.secrets import Keyring

TOKEN_BYTES = 32
USE = "case tokens"


def case_tokens(keyring: Keyring, principal: str, idempotency_key: str, proof: str = "") -> list[str]:
    """The token to open a case with, then those that the day before or an older key would have given the same request.

    Without an idempotency key it is a fresh one. With a key it is the same for as long as the key is kept, so that a
    lost answer can be asked for again, and after its 24 hours another: the day of UTC goes in, for each has 24 hours.
    Who has no session adds a `proof`, or else somebody else's key would lead to their token.
    """
    if not idempotency_key:
        return [secrets.token_urlsafe(TOKEN_BYTES)]
    today = now().date()
    asked = [f"{day} {principal}{proof} {idempotency_key}".encode() for day in (today, today - timedelta(days=1))]
    by_key = zip(*(keyring.macs(USE, each) for each in asked), strict=True)
    return [urlsafe_b64encode(mac[1:]).decode().rstrip("=") for macs in by_key for mac in macs]  # [0] is the key's id
