"""Where a broker differs from what this release expects: pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from deploy.topology.actual import Actual, Queue
from deploy.topology.expected import Binding, Expected
from shared.messaging.topology import EVENTS, REACTS, TIERS, requests_queue

NEARLY_FULL = 0.8
COMPARED = ("pattern", "definition", "apply-to", "priority")


@dataclass(frozen=True, order=True)
class Finding:
    """One difference: its kind, what it is about, and what follows from it."""

    kind: str
    name: str
    sentence: str


def findings(expected: Expected, actual: Actual) -> list[Finding]:
    """Every difference, in the order of its kind."""
    differing = (_missing, _bindings, _policies, _at_work, _foreign_queues, _foreign_exchanges)
    harmful = (_waiting, _unheard, _limits)
    either = [finding for part in differing for finding in part(expected, actual)]
    return sorted({*either, *(finding for part in harmful for finding in part(actual))})


def dropped(expected: Expected, actual: Actual) -> list[Queue]:
    """The queues of reactions that these services no longer have. Queues of services nobody knows are not ours."""
    ours = tuple(f"{service}{REACTS}" for service in expected.services)
    return [q for name, q in sorted(actual.queues.items()) if name.startswith(ours) and name not in expected.reactions]


def dropped_exchanges(expected: Expected, actual: Actual) -> list[str]:
    """The exchanges that bear a name of ours and that this release does not have."""
    ours = {_owner(name) for name in expected.exchanges}
    return sorted(name for name in set(actual.exchanges) - set(expected.exchanges) if _owner(name) in ours)


def _owner(exchange: str) -> str:
    return exchange.partition(".")[0]


def foreign_bindings(expected: Expected, actual: Actual) -> list[Binding]:
    """Bindings of our queues and exchanges that this release did not make."""
    targets = {*expected.queues, *expected.exchanges}
    ours = tuple(f"{service}{REACTS}" for service in expected.services)
    shared = set(expected.exchanges) - {EVENTS}  # to which other services may listen
    return [
        binding
        for binding in actual.bindings
        if binding not in (*expected.bindings, *expected.answering)
        and (binding.target in targets or binding.target.startswith(ours) or binding.exchange in shared)
    ]


def _missing(expected: Expected, actual: Actual) -> Iterator[Finding]:
    for name in set(expected.queues) - set(actual.queues):
        yield Finding("missing queue", name, "what is sent to it is lost or waits: `./lethe up` declares it")
    for name, kind in expected.exchanges.items():
        if name not in actual.exchanges:
            yield Finding("missing exchange", name, "nothing can be published to it: `./lethe up` declares it")
        elif actual.exchanges[name] != kind:
            yield Finding("other exchange", name, f"it is of the kind {actual.exchanges[name]} instead of {kind}")
    for name in set(expected.queues) & set(actual.queues):
        if actual.queues[name].type != "quorum":
            yield Finding("other queue", name, f"it is a {actual.queues[name].type} queue and should be a quorum one")


def _bindings(expected: Expected, actual: Actual) -> Iterator[Finding]:
    for binding in set(expected.bindings) - set(actual.bindings):
        lost = f"{binding.exchange} sends it nothing of {binding.key or 'all'}: `./lethe up` binds it"
        yield Finding("missing binding", binding.target, lost)
    for binding in foreign_bindings(expected, actual):
        sends = f"{binding.exchange} sends it {binding.key or 'all'}, which this release does not want"
        yield Finding("foreign binding", binding.target, sends)


def _policies(expected: Expected, actual: Actual) -> Iterator[Finding]:
    for name, policy in expected.policies.items():
        there = actual.policies.get(name)
        if there is None:
            yield Finding("missing policy", name, "its limits and waits are not in force: `./lethe up` sets it")
        elif differing := [key for key in COMPARED if there.get(key) != policy[key]]:
            yield Finding("other policy", name, f"it differs in {', '.join(differing)}: `./lethe up` sets it again")
    for name in set(actual.policies) - set(expected.policies):
        pattern = actual.policies[name]["pattern"]
        yield Finding("foreign policy", name, f"this release did not set it; it holds for {pattern}")
    for name in actual.operator_policies:
        yield Finding("operator policy", name, "it overrides limits of the policies that it matches")


def _at_work(expected: Expected, actual: Actual) -> Iterator[Finding]:
    for name in set(expected.queues) & set(actual.queues):
        queue, wanted = actual.queues[name], expected.policy_of(name)
        if queue.policy != wanted:
            yield Finding("overridden policy", name, f"{queue.policy or 'no policy'} is at work instead of {wanted}")
        elif wanted in expected.policies and wanted in actual.policies:
            definition = actual.policies[wanted]["definition"]
            if changed := [k for k, v in definition.items() if queue.effective.get(k, v) != v]:
                yield Finding("overridden policy", name, f"something else decides its {', '.join(sorted(changed))}")


def _waiting(actual: Actual) -> Iterator[Finding]:
    for tier in TIERS:
        queue = actual.queues.get(tier.name)
        if queue and "message-ttl" not in queue.effective:
            yield Finding("tier without its time", tier.name, f"its {queue.messages} messages never come back")


def _foreign_queues(expected: Expected, actual: Actual) -> Iterator[Finding]:
    gone = {queue.name for queue in dropped(expected, actual)}
    for name in gone:
        held = actual.queues[name].messages
        yield Finding("dropped reaction", name, f"nothing reacts any more, {held} messages: `./lethe topology prune`")
    known = {*expected.queues, *gone, *map(requests_queue, expected.services)}
    for name in set(actual.queues) - known:
        yield Finding("foreign queue", name, "no service of this release has it")


def _foreign_exchanges(expected: Expected, actual: Actual) -> Iterator[Finding]:
    gone = set(dropped_exchanges(expected, actual))
    for name in gone:
        yield Finding("dropped exchange", name, "nothing of this release publishes to it: `./lethe topology prune`")
    for name in set(actual.exchanges) - set(expected.exchanges) - gone:
        yield Finding("foreign exchange", name, "no service of this release has it")


def _unheard(actual: Actual) -> Iterator[Finding]:
    bound = {binding.target for binding in actual.bindings if binding.exchange == EVENTS}
    for name in bound & set(actual.queues):
        if not actual.queues[name].consumers:
            held = actual.queues[name].messages
            yield Finding("no consumer", name, f"{held} messages and nobody who takes them: paused, down or dropped")


def _limits(actual: Actual) -> Iterator[Finding]:
    for name, queue in actual.queues.items():
        most = queue.effective.get("max-length")
        if most is None:
            continue
        loses = queue.effective.get("overflow", "drop-head") != "reject-publish"
        if REACTS in name and loses:
            yield Finding("loses messages", name, f"at {most} messages it drops the oldest one for each new one")
        if queue.messages >= NEARLY_FULL * most:
            then = "drops the oldest" if loses else "refuses new ones"
            yield Finding("nearly full", name, f"{queue.messages} of {most} messages, then it {then}")
