"""What the broker should hold, by the contracts and handlers of this release."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.messaging import topology
from shared.messaging.router import EventHandler
from shared.messaging.sender_accounts import Question
from shared.messaging.topology import EVENTS, TIERS, UNROUTED


@dataclass(frozen=True, order=True)
class Binding:
    """From an exchange to a queue, or to another exchange."""

    exchange: str
    target: str
    key: str
    kind: str = "queue"


@dataclass(frozen=True)
class Expected:
    """Queues and exchanges by name; a policy by its name."""

    services: Collection[str]
    reactions: Collection[str]
    queues: Collection[str]
    exchanges: Mapping[str, str]
    bindings: Collection[Binding]
    answering: Collection[Binding]
    """What a service that answers requests binds itself while it is at work."""
    policies: Mapping[str, Mapping[str, Any]]

    def policy_of(self, queue: str) -> str:
        """Which policy is to be at work on a queue."""
        if queue in self.exchanges:
            return f"lethe-{queue}" if queue != UNROUTED else "lethe-unrouted"
        service, _, rest = queue.partition(".")
        return "lethe-dead-letters" if rest == "dead-letters" else f"lethe-{service}"


def expected(
    services: Collection[str],
    handlers: Iterable[EventHandler],
    questions: Collection[Question],
    waits_ms: Mapping[str, int] | None = None,
) -> Expected:
    """What `topology.declare` and `topology.set_policies` make for these services."""
    reactions = {handler.queue: handler.contract.type for handler in handlers}
    fanouts = (UNROUTED, *(tier.name for tier in TIERS))
    return Expected(
        services=services,
        reactions=set(reactions),
        queues={*reactions, *map(topology.dead_letters, services), *fanouts},
        exchanges={
            EVENTS: "topic",
            **dict.fromkeys((*fanouts, *map(topology.answers, services)), "fanout"),
            **dict.fromkeys((topology.asks(question.asker) for question in questions), "direct"),
        },
        bindings={
            *(Binding(EVENTS, queue, key) for queue, key in reactions.items()),
            *(Binding(name, name, name) for name in fanouts),
            *(Binding(topology.asks(q.asker), topology.answers(q.owner), q.type, "exchange") for q in questions),
        },
        answering={_answering(name) for name in services},
        policies=topology.policies(sorted(services), dict(waits_ms or {})),
    )


def _answering(service: str) -> Binding:
    queue = topology.requests_queue(service)
    return Binding(topology.answers(service), queue, queue)
