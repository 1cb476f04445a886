"""How a service says which events it reacts to and which requests it answers."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from shared.contracts.message import Event, Request
from shared.purposes import Purpose

Handler = Callable[..., Awaitable[Any]]


@dataclass(frozen=True)
class Reaction:
    """One handler of one event type in one service, with a durable queue of its own."""

    service: str
    contract: type[Event]
    purpose: Purpose
    handler: Handler
    raw: bool
    many: bool

    @property
    def queue(self) -> str:
        """The queue, named for operators: `identity.on.privacy.erasure-ordered`."""
        what = self.contract.type.replace("*", "any", 1).removesuffix(".v1")
        return f"{self.service}.on.{what}"

    @property
    def meets_the_erased(self) -> bool:
        """Whether an event about an erased person is handled like any other."""
        late = self.purpose is Purpose.LEGAL_DUTY and self.contract.late == "statutory"
        return late or self.purpose is Purpose.ERASURE


@dataclass(frozen=True)
class Answer:
    """One handler of one request type."""

    contract: type[Request]
    purpose: Purpose
    handler: Handler


@dataclass
class ServiceRouter:
    """The reactions and answers of one service.

    A handler's first parameter is the message. `tx` gives it a transaction for the declared purpose;
    other parameters are filled by name from what `app.py` provides.
    """

    service: str
    reactions: list[Reaction] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)

    def event(
        self, contract: type[Event], *, purpose: Purpose, raw: bool = False, many: bool = False
    ) -> Callable[[Handler], Handler]:
        """React to an event. `raw` hands over the JSON text unread, for PostgreSQL to read.

        `many` is for a hot event: the handler takes a list of events, in one transaction with all their marks.
        """

        def register(handler: Handler) -> Handler:
            self.reactions.append(Reaction(self.service, contract, purpose, handler, raw, many))
            return handler

        return register

    def request(self, contract: type[Request], *, purpose: Purpose) -> Callable[[Handler], Handler]:
        """Answer a request with its reply model, or raise `Refused`."""

        def register(handler: Handler) -> Handler:
            if contract.type in self.answers:
                raise TypeError(f"{contract.type} has two handlers")
            self.answers[contract.type] = Answer(contract, purpose, handler)
            return handler

        return register

    def include(self, *others: "ServiceRouter") -> None:
        """Take over what other modules of the service registered."""
        for other in others:
            self.reactions += other.reactions
            for answer in other.answers.values():
                self.request(answer.contract, purpose=answer.purpose)(answer.handler)
