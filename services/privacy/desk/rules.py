"""What the desk may do: pure."""

from collections.abc import Mapping, Sequence
from datetime import date

from services.privacy.cases.machine import MACHINES, PENDING, Transition, may_go
from shared.contracts.privacy import RefusalGround, RefusedPart, Right
from shared.problems import Refused, refuse

STATES = frozenset(t.after for machine in MACHINES.values() for t in machine)
UNDER_REVIEW = "under review"


def _decisions(machine: Sequence[Transition]) -> tuple[str, ...]:
    """The states in which an officer ends a review."""
    goes_on = {transition.before for transition in machine}
    by_officer = [t.after for t in machine if (t.before, t.actor) == (UNDER_REVIEW, "officer")]
    return tuple(state for state in by_officer if state not in goes_on)


REVIEWS: Mapping[Right, tuple[str, ...]] = {
    right: ends for right, machine in MACHINES.items() if (ends := _decisions(machine))
}
"""How an officer may end the review of each right that has one."""
PROVISIONS: Mapping[RefusalGround, str] = {
    "manifestly unfounded": "GDPR Art. 12(5)",
    "excessive": "GDPR Art. 12(5)",
    "not identified": "GDPR Art. 12(2)",
    "no ground applies": "GDPR Art. 17(1)",
    "freedom of expression": "GDPR Art. 17(3)(a)",
    "legal obligation": "GDPR Art. 17(3)(b)",
    "public health": "GDPR Art. 17(3)(c)",
    "archiving and research": "GDPR Art. 17(3)(d)",
    "legal claims": "GDPR Art. 17(3)(e)",
    "rights of others": "GDPR Art. 15(4)",
}
UNKNOWN_ASKER: RefusalGround = "not identified"
OF_ANY_RIGHT: frozenset[RefusalGround] = frozenset(("manifestly unfounded", "excessive", UNKNOWN_ASKER))
OF_THE_WHOLE = OF_ANY_RIGHT | {"no ground applies"}
"""An exception is one category's, never the whole request's (Art. 17(3), 15(4))."""
OF_COPIES = "rights of others"


def check_state(state: str | None) -> None:
    """Raise Refused (422) for a state in which no case ever is."""
    if state is not None and state not in STATES:
        words = ", ".join(sorted(STATES))
        raise refuse(422, "no case is ever in this state", field="state", message=f"one of: {words}")


def check_way(right: Right, state: str, after: str) -> None:
    """Raise Refused (409) for a step that the machine does not know."""
    if not may_go(right, state, after):
        raise refuse(409, "the case does not go that way", field="state", message=f"it is {state}")


def check_decision(right: Right, state: str, decision: str) -> None:
    """Raise Refused: 422 for a decision that its right does not know, 409 unless it is under review."""
    ends = REVIEWS.get(right, ())
    if decision not in ends:
        known = f"one of: {', '.join(ends)}" if ends else f"nobody decides a case of {right} so"
        raise refuse(422, "this right is not decided so", field="decision", message=known)
    if state != UNDER_REVIEW:
        raise refuse(409, "there is nothing to decide", field="state", message=f"it is {state}")


def provision(ground: RefusalGround, right: Right) -> str:
    """By which provision a request is refused on a ground."""
    return "GDPR Art. 20(4)" if (right, ground) == ("portability", OF_COPIES) else PROVISIONS[ground]


def check_refusal(right: Right, state: str, parts: Sequence[RefusedPart], day: date) -> None:
    """Raise Refused (422) by the field of a part that can't be."""
    for number, part in enumerate(parts):
        if part.ground not in _grounds(right, state):
            raise _wrong(number, "ground", f"this is no ground to refuse {right} while the case is {state}")
        if (part.category is None) != (part.ground in OF_THE_WHOLE) and part.ground not in OF_ANY_RIGHT:
            raise _wrong(number, "category", "an exception is that of one category; no ground at all is the whole's")
        if part.retain_until is not None and part.retain_until < day:
            raise _wrong(number, "retain_until", "what is kept until a day that has passed is not kept")
    named = [part.category for part in parts]
    if len(set(named)) < len(named) or (None in named and len(named) > 1):
        raise _wrong(0, "category", "each category once, or the whole request alone")


def _grounds(right: Right, state: str) -> frozenset[str]:
    if right == "marketing-objection":  # never refused to whom it belongs (Art. 21(3))
        return frozenset({UNKNOWN_ASKER})
    grounds = OF_ANY_RIGHT if state == PENDING else OF_ANY_RIGHT - {UNKNOWN_ASKER}
    if right == "erasure":
        return grounds | (PROVISIONS.keys() - OF_ANY_RIGHT - {OF_COPIES})
    return grounds | {OF_COPIES} if right in ("access", "portability") else grounds


def _wrong(number: int, field: str, message: str) -> Refused:
    return refuse(422, "this cannot be refused so", field=f"refused.{number}.{field}", message=message)


def check_late(due_on: date, day: date, late_because: str) -> None:
    """Raise Refused (422): what comes after its last day says why (Art. 12(4))."""
    if day > due_on and not late_because:
        message = f"the last day was {due_on}: say why it is late"
        raise refuse(422, "the answer is late", field="late_because", message=message)
