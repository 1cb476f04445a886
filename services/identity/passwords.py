"""Passwords: Argon2id in a thread, a policy without composition rules, equal time for unknown accounts."""

import asyncio
import contextlib
import secrets
import unicodedata
from collections.abc import AsyncIterator

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from services.identity.settings import IdentitySettings
from shared.clock import now
from shared.problems import Refused, refuse

HASHING_AT_ONCE = 4  # each takes its memory and a core
# Fewer than requests are worked on at once: those that need no password still find room, whoever floods.
MOST_WAITING = 16
MOST_WAITING_FOR_NEW = 8
"""A flood of sign-ups leaves the other places to those who sign in."""
BUSY_WAIT_S = 2

# Chosen first by everybody who guesses; length is checked by the contract.
TOO_COMMON = frozenset(
    ("password", "passw0rd", "password1", "password12", "password123", "password1234", "12345678", "123456789")
    + ("1234567890", "87654321", "11111111", "00000000", "123123123", "qwertyui", "qwertyuiop", "qwerty123")
    + ("qwerty1234", "1q2w3e4r", "1qaz2wsx", "zaq12wsx", "abcd1234", "abc12345", "iloveyou", "sunshine")
    + ("princess", "football", "baseball", "superman", "letmein1", "welcome1", "changeme", "trustno1")
    + ("dragon123", "monkey123", "admin123", "administrator", "qazwsxedc", "zaq1zaq1", "polska123", "haslo123")
    + ("haslo1234", "mojehaslo", "zaq12wsxcde3", "misiek123", "kochanie", "bartek123", "lol12345", "samsung1")
)


def check_password(password: str, email: str, *, field: str = "password") -> None:
    """Refuse what a guesser tries first (ASVS 6.2.4, 6.2.11). Raises Refused that names the field."""
    folded = composed(password).casefold()
    if folded in TOO_COMMON:
        raise refuse(422, "the password is too common", field=field, message="choose one that nobody guesses first")
    if folded in (email.casefold(), email.casefold().rpartition("@")[0]):
        raise refuse(422, "the password is the address", field=field, message="choose one that is not in the address")


def composed(password: str) -> str:
    """The same letters are the same password, whichever way a keyboard writes them (RFC 8265, NIST SP 800-63B)."""
    return unicodedata.normalize("NFC", password)


class Passwords:
    """Hashes and verifies off the event loop."""

    def __init__(self, settings: IdentitySettings) -> None:
        self._hasher = PasswordHasher(
            time_cost=settings.argon2_time_cost,
            memory_cost=settings.argon2_memory_kib,
            parallelism=settings.argon2_parallelism,
            type=Type.ID,
        )
        self._nobodys = self._hasher.hash(secrets.token_urlsafe())
        self._slots, self._waiting = asyncio.Semaphore(HASHING_AT_ONCE), 0

    async def hash(self, password: str, deadline: float, *, most_waiting: int = MOST_WAITING_FOR_NEW) -> str:
        """The encoded Argon2id hash with its parameters and salt. Raises Refused (503)."""
        async with self._slot(deadline, most_waiting):
            return await asyncio.to_thread(self._hasher.hash, composed(password))

    async def verify(self, encoded: str | None, password: str, deadline: float) -> bool:
        """Whether the password is right; takes as long when there is no account. Raises Refused (503)."""
        async with self._slot(deadline, MOST_WAITING):
            right = await asyncio.to_thread(self._matches, encoded or self._nobodys, password)
        return right and encoded is not None

    @contextlib.asynccontextmanager
    async def _slot(self, deadline: float, most_waiting: int) -> AsyncIterator[None]:
        """Wait for a place to hash, in a bounded queue; nothing is done for an asker who has given up meanwhile."""
        if self._slots.locked() and self._waiting >= most_waiting:
            raise _busy()
        self._waiting += 1
        try:
            await self._slots.acquire()
        finally:
            self._waiting -= 1
        try:
            if now().timestamp() > deadline:
                raise _busy()
            yield
        finally:
            self._slots.release()

    def outdated(self, encoded: str) -> bool:
        """Whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(encoded)

    def _matches(self, encoded: str, password: str) -> bool:
        if self._is_hash_of(encoded, composed(password)):
            return True
        # set before passwords were composed, and typed on the same keyboard as then
        return composed(password) != password and self._is_hash_of(encoded, password)

    def _is_hash_of(self, encoded: str, password: str) -> bool:
        try:
            return self._hasher.verify(encoded, password)
        except (VerificationError, InvalidHashError):
            return False


def _busy() -> Refused:
    message = f"try again in {BUSY_WAIT_S} s"
    return refuse(503, "too many passwords at once", message=message, retry_after=BUSY_WAIT_S)
