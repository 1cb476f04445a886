"""Requests of authorities for data about people: recorded, decided by a human, told unless the law forbids it."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from shared.contracts.actors import Staff
from shared.contracts.fields import Day, Line, Moment
from shared.contracts.message import Created, Done, Message, Request
from shared.contracts.privacy.holds import HeldCategory

AuthorityKind = Literal["prosecution", "courts", "treasury", "supervision"]
"""Which of the register's authorities it is one of."""
Decision = Literal["granted", "granted in part", "refused"]
Ground = Literal[
    "no basis", "not theirs to ask", "too broad", "nothing held", "professional secrecy", "rights of others"
]
"""Why an authority gets less than it asked for."""
AuthorityRequestState = Literal["to decide", "refused", "silent", "telling", "told"]
"""`silent`: the law forbids telling people, until `silence_until`."""
Name = Annotated[Line, StringConstraints(min_length=3, max_length=200)]
Words = Annotated[Line, StringConstraints(min_length=10, max_length=2000)]
Provision = Annotated[Line, StringConstraints(min_length=5, max_length=200)]
Categories = Annotated[tuple[HeldCategory, ...], Field(min_length=1, max_length=18)]
OFFICER = Staff("officer")


class RecordAuthorityRequest(
    Request[Created], type="privacy.record-authority-request", askers=("gateway",), actor=OFFICER
):
    """Who asks, by which provision, for what, about whom. 422 for a person whom nobody knows."""

    received_at: Moment
    kind: AuthorityKind
    authority: Name
    """Its own name: people are told who it was (C-154/21)."""
    reference: Annotated[Line, StringConstraints(min_length=1, max_length=100)]
    """How the authority calls the matter; the log of disclosures has it."""
    basis: Provision
    scope: Words
    categories: Categories
    people: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=100)]


class DecideAuthorityRequest(
    Request[Done], type="privacy.decide-authority-request", askers=("gateway",), actor=OFFICER
):
    """A human decides, once. 404; 409 when it is decided; 422 for what does not go together.

    Whom data were handed over about is told by mail and in the log of disclosures, at once or after the silence.
    """

    request_id: UUID
    decision: Decision
    reason: Words
    ground: Ground | None = None
    """Of a refusal, whole or in part."""
    handed: Annotated[tuple[HeldCategory, ...], Field(max_length=18)] = ()
    silence_by: Provision | None = None
    """The provision that forbids telling people, and with it the last day of that."""
    silence_until: Day | None = None


class ProlongSilence(Request[Done], type="privacy.prolong-silence", askers=("gateway",), actor=OFFICER):
    """The law forbids telling people for longer: by which provision, and the new last day. 404; 409 where nobody is
    silent, or not any more; 422 for a day that is not later than the present last one.
    """

    request_id: UUID
    reason: Words
    silence_by: Provision
    silence_until: Day


class AuthorityRequest(Message):
    """A request as officers see it; `people_to_tell` have not had their mail yet."""

    request_id: UUID
    state: AuthorityRequestState
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
    people_to_tell: int


class AuthorityRequests(Message):
    """What is to be decided first, then the newest."""

    requests: tuple[AuthorityRequest, ...]


class ListAuthorityRequests(
    Request[AuthorityRequests], type="privacy.list-authority-requests", askers=("gateway",), actor=OFFICER
):
    """Every request of an authority that is still kept."""

    limit: int = Field(default=100, ge=1, le=1000)
