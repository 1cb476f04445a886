"""Identity alone mints subject ids: UUID version 7 (RFC 9562, 5.7)."""

import secrets
from uuid import UUID

from shared.clock import now

VERSION = 0x7 << 76
VARIANT = 0b10 << 62


def uuid7() -> UUID:
    """Mint an id: 48 bits of milliseconds, 74 random bits."""
    return minted(int(now().timestamp() * 1000), secrets.randbits(74))


def minted(milliseconds: int, drawn: int) -> UUID:
    """The id of this moment (since 1970) with these 74 bits: who came later has the higher id."""
    return UUID(int=milliseconds << 80 | VERSION | drawn >> 62 << 64 | VARIANT | drawn & ((1 << 62) - 1))
