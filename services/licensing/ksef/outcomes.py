"""What KSeF says of an invoice."""

from dataclasses import dataclass


class Fault(Exception):
    """KSeF did not do it now, or will not; `code` says why without a value."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Sent:
    session_reference: str
    reference: str


@dataclass(frozen=True)
class Accepted:
    """The number that KSeF gave, and its signed receipt (UPO) as XML."""

    ksef_number: str
    receipt: str


@dataclass(frozen=True)
class Rejected:
    """For good: what is wrong is for staff. `other` where KSeF has another document under this number."""

    code: str
    other: bool = False


@dataclass(frozen=True)
class Again:
    """KSeF broke off by itself, or does not know the session any more."""


Outcome = Accepted | Rejected | Again | Fault | None
"""What became of an invoice; None while it is being looked at."""
