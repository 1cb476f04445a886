"""What may be decided about an authority's request, and how it stands: pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.privacy.register.model import Register
from shared.contracts.privacy.authorities import (
    AuthorityKind,
    AuthorityRequest,
    AuthorityRequestState,
    DecideAuthorityRequest,
    Decision,
    Ground,
    ProlongSilence,
    RecordAuthorityRequest,
)
from shared.problems import refuse


@dataclass(frozen=True)
class StoredRequest:
    """An authority's request as it is stored; `people_to_tell` have not been told yet."""

    request_id: UUID
    received_at: datetime
    kind: AuthorityKind
    authority: str
    reference: str
    basis: str
    scope: str
    categories: tuple[str, ...]
    people: tuple[UUID, ...]
    decision: Decision | None
    decided_at: datetime | None
    ground: Ground | None
    handed: tuple[str, ...]
    silence_by: str | None
    silence_until: date | None
    told_from: datetime | None
    people_to_tell: int


def state(request: StoredRequest) -> AuthorityRequestState:
    if request.decision is None:
        return "to decide"
    if request.decision == "refused":
        return "refused"
    if request.told_from is None:
        return "silent" if request.silence_until else "telling"
    return "telling" if request.people_to_tell else "told"


def shown(request: StoredRequest) -> AuthorityRequest:
    known = {name: value for name, value in vars(request).items() if name in AuthorityRequest.model_fields}
    return AuthorityRequest(**known, state=state(request))


def purpose(kind: AuthorityKind, register: Register) -> str:
    """Why such an authority is given data, by the register: the first of its purposes."""
    return register.recipients[kind].purposes[0]


def check_recorded(request: RecordAuthorityRequest, known: Collection[UUID], at: datetime) -> None:
    """Raises Refused (422)."""
    if request.received_at > at:
        raise refuse(422, "the moment lies ahead", field="received_at", message="now or earlier")
    for number, person in enumerate(request.people):
        if person not in known or person in request.people[:number]:
            raise refuse(422, "nobody is known by this id", field=f"people.{number}", message="a known id, once")


def check_decision(stored: StoredRequest, request: DecideAuthorityRequest, day: date) -> None:
    """Raises Refused: 409 when it is decided, 422 naming what does not go together."""
    if stored.decision is not None:
        raise refuse(409, "it is decided already", field="decision", message=f"it was {stored.decision}")
    _check_handed(request, set(stored.categories))
    if (request.ground is None) != (request.decision == "granted"):
        raise refuse(422, "a ground is of a refusal", field="ground", message="say it where less is given, only there")
    _check_silence(request, day)


def check_prolonged(stored: StoredRequest, request: ProlongSilence, day: date) -> None:
    """Raises Refused: 409 where nobody has to be silent any more, 422 for a last day that prolongs nothing."""
    if (stands := state(stored)) != "silent" or stored.silence_until is None:
        raise refuse(409, "nobody is silent about it", field="silence_until", message=f"it is {stands}")
    if stored.silence_until < day:
        raise refuse(409, "the silence is over", field="silence_until", message=f"it ended with {stored.silence_until}")
    if request.silence_until <= stored.silence_until:
        message = f"later than {stored.silence_until}"
        raise refuse(422, "the silence is not longer", field="silence_until", message=message)


def _check_handed(request: DecideAuthorityRequest, asked: set[str]) -> None:
    handed = set(request.handed)
    fits = {"granted": handed == asked, "granted in part": bool(handed) and handed < asked, "refused": not handed}
    if not fits[request.decision]:
        raise refuse(
            422, "handed does not fit the decision", field="handed", message="all, a part, or none of the categories"
        )


def _check_silence(request: DecideAuthorityRequest, day: date) -> None:
    """Silence has a provision and a last day, and only of what people would be told."""
    if (request.silence_by is None) != (request.silence_until is None):
        missing = "silence_by" if request.silence_by is None else "silence_until"
        raise refuse(422, "silence has a provision and a last day", field=missing, message="say both or neither")
    if request.silence_until is None:
        return
    if request.decision == "refused":
        raise refuse(422, "nobody is told of a refusal", field="silence_by", message="leave it out")
    if request.silence_until < day:
        raise refuse(422, "the silence is over", field="silence_until", message="today or later")
