"""Identity's word on who is acting: a compact JWT (RFC 7519), signed with Ed25519 (RFC 8037), good for a minute.

Only identity holds a signing key. Keys have ids, so that a new one can be known everywhere before it signs.
"""

import base64
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared.clock import now
from shared.contracts.actors import ROLES, Actor
from shared.problems import Refused, refuse

VALID_S = 60
LEEWAY_S = 5
"""How far the clocks of two machines may differ."""
MOST_KEYS = 2
MOST_SEEN = 1000
ISSUER = "identity"
AUDIENCE = "lethe"
ALGORITHM = "EdDSA"
KEY = r"(\d{1,3}):([A-Za-z0-9_-]{43}=?)"
NEEDED = ["iss", "aud", "sub", "iat", "exp", "kind", "roles", "auth_time", "second_factor"]


@dataclass(frozen=True)
class Signer:
    """Identity's own key."""

    key_id: str
    key: Ed25519PrivateKey

    @classmethod
    def of(cls, setting: str) -> "Signer":
        """Read `<id>:<32 bytes in URL-safe Base64>`. Raises ValueError."""
        ((key_id, secret),) = _keys(setting, 1).items()
        return cls(key_id, Ed25519PrivateKey.from_private_bytes(secret))

    @property
    def public(self) -> str:
        """The key as verifiers have it in their setting."""
        return f"{self.key_id}:{_encoded(self.key.public_key().public_bytes_raw())}"

    def sign(self, actor: Actor) -> str:
        at = now()
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(actor.id),
            "iat": at,
            "exp": at + timedelta(seconds=VALID_S),
            "kind": actor.kind,
            "roles": list(actor.roles),
            "auth_time": actor.authenticated_at.timestamp(),
            "second_factor": actor.second_factor,
        }
        return jwt.encode(claims, self.key, ALGORITHM, headers={"kid": self.key_id})


@dataclass(frozen=True, eq=False)
class Verifier:
    """What a service believes identity by. It looks at a signature once: a gateway shows the same for a second."""

    keys: Mapping[str, Ed25519PublicKey]
    _seen: OrderedDict[str, tuple[Actor, float]] = field(default_factory=OrderedDict)

    @classmethod
    def of(cls, setting: str) -> "Verifier":
        """Read one or two public keys, `2:<key>,1:<key>`. Raises ValueError."""
        return cls({i: Ed25519PublicKey.from_public_bytes(key) for i, key in _keys(setting, MOST_KEYS).items()})

    def actor(self, assertion: str) -> Actor:
        """Who is acting. Raises Refused (401) for what identity did not say within the last minute."""
        actor, expires_at = self._seen.get(assertion) or self._verified(assertion)
        if now().timestamp() > expires_at + LEEWAY_S:
            raise unproved()
        return actor

    def _verified(self, assertion: str) -> tuple[Actor, float]:
        try:
            key = self.keys[jwt.get_unverified_header(assertion)["kid"]]
            claims = jwt.decode(
                assertion,
                key,
                [ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                leeway=LEEWAY_S,
                options={"require": NEEDED},
            )
            seen = self._seen[assertion] = _actor(claims), float(claims["exp"])
        except (jwt.PyJWTError, KeyError, ValueError, TypeError):
            raise unproved() from None
        if len(self._seen) > MOST_SEEN:
            self._seen.popitem(last=False)
        return seen


def unproved() -> Refused:
    return refuse(401, "nobody vouches for who is acting", message="sign in and try again")


def new_signing_key() -> str:
    """A fresh key with the id 1, as it stands in identity's setting."""
    return f"1:{_encoded(Ed25519PrivateKey.generate().private_bytes_raw())}"


def _actor(claims: Mapping[str, Any]) -> Actor:
    kind, roles = claims["kind"], tuple(role for role in ROLES if role in claims["roles"])
    if kind not in ("member", "staff"):
        raise ValueError("no such kind of actor")
    at = datetime.fromtimestamp(claims["auth_time"], UTC)
    return Actor(UUID(claims["sub"]), kind, at, roles, claims["second_factor"] is True)


def _keys(setting: str, most: int) -> dict[str, bytes]:
    """The keys of a setting by their ids."""
    parts = [re.fullmatch(KEY, part) for part in setting.split(",")]
    keys = {part[1]: base64.urlsafe_b64decode(part[2].ljust(44, "=")) for part in parts if part}
    if not len(keys) == len(parts) <= most:
        raise ValueError(f"keys are written as <id>:<32 bytes in URL-safe Base64>, {most} at most")
    return keys


def _encoded(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).decode().rstrip("=")
