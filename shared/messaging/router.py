"""How a service says which events it reacts to and which requests it answers."""

import inspect
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from shared.contracts.message import Event, Request
from shared.purposes import Purpose

Handler = Callable[..., Awaitable[Any]]

EVENT_PARAMETERS = frozenset(("tx", "prepared", "sender", "senders", "message_type", "attempt"))
"""What the consumer fills by name, besides what the service provides."""
REQUEST_PARAMETERS = frozenset(("tx", "prepared", "actor"))
"""What the request server fills by name, besides what the service provides."""
PREPARE_PARAMETERS = frozenset(("deadline", "actor"))
"""What it fills in a `prepare`: until when, in seconds since 1970, somebody waits for the answer, and who acts."""


class WiringError(Exception):
    """A handler or job asks for a parameter that nobody provides; the message names both."""


@cache
def parameters(function: Callable[..., Any], *, leading: int = 0) -> tuple[str, ...]:
    return tuple(inspect.signature(function).parameters)[leading:]


def check_parameters(function: Callable[..., Any], provided: Collection[str], *, leading: int = 0) -> None:
    if unknown := [name for name in parameters(function, leading=leading) if name not in provided]:
        where = f"{function.__module__}.{function.__qualname__}"
        raise WiringError(f"{where} asks for {', '.join(unknown)}; there are: {', '.join(sorted(provided))}")


@dataclass(frozen=True)
class EventHandler:
    """One handler of one event type in one service, with a durable queue of its own."""

    service: str
    contract: type[Event]
    purpose: Purpose
    handler: Handler
    raw: bool
    batch: bool
    prepare: Handler | None = None

    @property
    def queue(self) -> str:
        what = self.contract.type.replace("*", "any", 1).removesuffix(".v1")
        return f"{self.service}.on.{what}"

    @property
    def meets_the_erased(self) -> bool:
        """Whether an event about an erased person is handled like any other."""
        late = self.purpose is Purpose.LEGAL_DUTY and self.contract.late == "statutory"
        return late or self.purpose is Purpose.ERASURE


@dataclass(frozen=True)
class RequestHandler:
    """One handler of one request type, and what has to be found out before its transaction begins."""

    contract: type[Request[Any]]
    purpose: Purpose
    handler: Handler
    prepare: Handler | None


@dataclass
class ServiceRouter:
    """The event handlers and request handlers of one service.

    A handler's first parameter is the message; the others are filled by name, from what the kit knows of
    the message and from what `app.py` provides. `tx` is the transaction for the declared purpose.
    """

    service: str
    event_handlers: list[EventHandler] = field(default_factory=list)
    request_handlers: dict[str, RequestHandler] = field(default_factory=dict)

    def event(
        self,
        contract: type[Event],
        *,
        purpose: Purpose,
        raw: bool = False,
        batch: bool = False,
        prepare: Handler | None = None,
    ) -> Callable[[Handler], Handler]:
        """React to an event. `raw` hands over the JSON text unread, for PostgreSQL to read.

        `batch` is for a hot event: the handler takes a list of events, in one transaction with all their marks.
        `prepare` is as for a request, and not for a batch. What it raises is a fault of the message.
        """
        if batch and prepare:
            raise TypeError(f"{contract.type}: a batch has no `prepare`")

        def register(handler: Handler) -> Handler:
            self.event_handlers.append(EventHandler(self.service, contract, purpose, handler, raw, batch, prepare))
            return handler

        return register

    def request(
        self, contract: type[Request[Any]], *, purpose: Purpose, prepare: Handler | None = None
    ) -> Callable[[Handler], Handler]:
        """Answer a request with its reply model, or raise `Refused`.

        `prepare` runs before the transaction, for what another service, a thread or an earlier transaction has
        to answer first: no lock is held meanwhile. The handler gets its result as `prepared`.
        """

        def register(handler: Handler) -> Handler:
            asked = contract.type_to(self.service)
            if asked in self.request_handlers:
                raise TypeError(f"{asked} has two handlers")
            self.request_handlers[asked] = RequestHandler(contract, purpose, handler, prepare)
            return handler

        return register

    def include(self, *others: "ServiceRouter") -> None:
        """Take over what other modules of the service registered. Raises TypeError for a request answered twice."""
        for other in others:
            self.event_handlers += other.event_handlers
            if twice := self.request_handlers.keys() & other.request_handlers.keys():
                raise TypeError(f"{', '.join(sorted(twice))} has two handlers")
            self.request_handlers |= other.request_handlers

    def check(self, provided: Iterable[str]) -> None:
        """Raise WiringError when a handler asks for a parameter that neither kit nor service provides."""
        names = frozenset(provided)
        for event_handler in self.event_handlers:
            check_parameters(event_handler.handler, names | EVENT_PARAMETERS, leading=1)
            if event_handler.prepare:
                check_parameters(event_handler.prepare, names, leading=1)
        for request_handler in self.request_handlers.values():
            check_parameters(request_handler.handler, names | REQUEST_PARAMETERS, leading=1)
            if request_handler.prepare:
                check_parameters(request_handler.prepare, names | PREPARE_PARAMETERS, leading=1)
