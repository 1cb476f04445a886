"""The second factor: time-based codes (RFC 6238), each good once, and recovery codes."""

import base64
import hmac
import secrets
from datetime import datetime, timedelta

import pyotp

STEP_S = 30
DRIFT_STEPS = 1
"""How many steps a phone's clock may be off (RFC 6238, 5.2)."""
RECOVERY_CODES = 10
RECOVERY_BYTES = 10
"""80 random bits: too many to guess, so their hash needs no key."""
SESSION_LIFETIME = timedelta(hours=8)
INVITED_FOR = timedelta(days=3)
ISSUER = "Lethe"


def new_secret() -> str:
    """160 random bits in Base32, as RFC 4226 recommends."""
    return pyotp.random_base32()


def uri(secret: str, email: str) -> str:
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def used_step(secret: str, code: str, at: datetime, last_step: int) -> int | None:
    """The time step whose code this is, unless that or a later one was used before."""
    totp, present = pyotp.TOTP(secret), int(at.timestamp()) // STEP_S
    steps = range(max(present - DRIFT_STEPS, last_step + 1), present + DRIFT_STEPS + 1)
    right = [step for step in steps if hmac.compare_digest(totp.at(step * STEP_S), code)]
    return right[0] if right else None


def recovery_codes() -> tuple[str, ...]:
    return tuple(_recovery_code() for _ in range(RECOVERY_CODES))


def _recovery_code() -> str:
    text = base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))
