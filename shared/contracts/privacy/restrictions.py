"""What staff do about restrictions (GDPR Art. 18)."""

from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from shared.contracts.actors import Staff
from shared.contracts.fields import Line
from shared.contracts.message import Done, Request


class AnnounceLifting(Request[Done], type="privacy.announce-lifting", askers=("gateway",), actor=Staff("officer")):
    """The person is written that a restriction will be lifted, and why (Art. 18(3)). 404; 409 in other states."""

    case_id: UUID
    reason: Annotated[Line, StringConstraints(min_length=10, max_length=500)]
    """The letter quotes it."""


class LiftRestriction(Request[Done], type="privacy.lift-restriction", askers=("gateway",), actor=Staff("officer")):
    """A restriction ends, and its case with it. 404; 409 before the notice has left, and in other states."""

    case_id: UUID
