"""When a restriction may be lifted: pure."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.problems import refuse


@dataclass(frozen=True)
class Restriction:
    """How far the case of a restriction is, and its notice of Art. 18(3)."""

    case_id: UUID
    state: str
    notified_at: datetime | None
    is_leaving: bool | None


def check_announcing(restriction: Restriction) -> None:
    """Raise Refused (409) unless it is in force, or its notice could not be delivered."""
    could_not_leave = restriction.state == "ending" and not restriction.notified_at and not restriction.is_leaving
    if restriction.state != "in force" and not could_not_leave:
        raise refuse(409, "there is nothing to announce", field="state", message=f"it is {restriction.state}")


def check_lifting(restriction: Restriction) -> None:
    """Raise Refused (409) before the person has been written to, and when there is nothing to lift."""
    if restriction.state not in ("in force", "ending"):
        raise refuse(409, "there is nothing to lift", field="state", message=f"it is {restriction.state}")
    if restriction.notified_at is None:
        raise refuse(409, "the person has to be told first (Art. 18(3))", field="notified_at", message="announce it")
