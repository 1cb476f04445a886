"""The person's decisions as every service replicates them."""

from uuid import UUID

from pydantic import Field

from shared.contracts.message import PARTICIPANTS, Event, Message, Request


class PermissionChanged(Event, type="privacy.permission-changed.v1"):
    """A person allowed or forbade a purpose; the higher version wins.

    With `confirm` every participant says that it has applied this version, or knows a newer one: PermissionApplied.
    With `purges` nobody weighs it any more: what served this purpose alone goes as it is applied (GDPR Art. 21(3)).
    """

    subject_id: UUID
    purpose: str
    allowed: bool
    version: int
    confirm: bool = False
    purges: bool = False


class KnownPermission(Message):
    """One row of privacy's ledger as services replicate it."""

    subject_id: UUID
    purpose: str
    allowed: bool
    version: int


class PermissionPage(Message):
    """Permissions in order, and where to go on."""

    permissions: tuple[KnownPermission, ...]
    next: str = ""


class Permissions(Request[PermissionPage], type="privacy.permissions", askers=(PARTICIPANTS,)):
    """All permissions of living people, for a service that joins or was restored."""

    after: str = Field(default="", max_length=200)
    limit: int = Field(default=1000, ge=1, le=5000)
