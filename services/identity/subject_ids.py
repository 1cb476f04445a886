"""Identity alone mints subject ids: UUID version 7 (RFC 9562, 5.7)."""

import secrets
from uuid import UUID

from shared.clock import now

VERSION = 0x7 << 76
VARIANT = 0b10 << 62


def uuid7() -> UUID:
    """Mint an id: 48 bits of milliseconds, 74 random bits."""
    milliseconds = int(now().timestamp() * 1000)
    return UUID(int=milliseconds << 80 | VERSION | secrets.randbits(12) << 64 | VARIANT | secrets.randbits(62))
