"""Who acts in a request: what a contract demands, and what identity vouches for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

Role = Literal["administrator", "finance", "marketer", "officer", "operator", "support"]
ROLES: tuple[Role, ...] = get_args(Role)
FRESH_MINUTES = 15
"""How long a proof of being somebody counts for what can't be taken back."""
ActorKind = Literal["member", "staff"]


@dataclass(frozen=True)
class Actor:
    """A person who is asking at this moment; `second_factor` tells whether one was used to sign in."""

    id: UUID
    kind: ActorKind
    authenticated_at: datetime
    roles: tuple[Role, ...] = ()
    second_factor: bool = False


@dataclass(frozen=True)
class Member:
    """A contract that only its own person may ask; with `fresh_minutes` only soon after proving to be that person."""

    fresh_minutes: int | None = None


@dataclass(frozen=True, init=False)
class Staff:
    """A contract for the vendor's staff with one of these roles and a second factor."""

    roles: tuple[Role, ...]

    def __init__(self, *roles: Role) -> None:
        object.__setattr__(self, "roles", roles)
