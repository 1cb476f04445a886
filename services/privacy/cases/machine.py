"""How a case goes: its states, and who brings it from one to the next. PostgreSQL refuses every other way."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from shared.contracts.privacy import Right

Actor = Literal["person", "clock", "participants", "operator", "officer", "staff"]

ANSWERED = ("ready", "in force", "ending")
"""States of open cases whose person has been answered: their clock has ended."""


@dataclass(frozen=True)
class Transition:
    """From a state to the next; without the first it opens the case."""

    before: str
    after: str
    actor: Actor
    why: str


PENDING = "identity pending"
REFUSED = "refused"


def _by_the_desk(begins: str, doubted: tuple[str, ...], refused: tuple[str, ...]) -> tuple[Transition, ...]:
    """What staff may do to a case that begins in some state: nothing starts before it is certain who asks."""
    return (
        Transition("", PENDING, "staff", "came by letter or e-mail, or by an address that was theirs before"),
        Transition(PENDING, begins, "officer", "it is certain who is asking"),
        *(Transition(state, PENDING, "officer", "it is in doubt who is asking") for state in doubted),
        *(Transition(state, REFUSED, "officer", "refused, with ground and reasons") for state in (PENDING, *refused)),
        Transition(PENDING, "withdrawn", "person", "taken back"),
    )


def _by_a_former_address(begins: str) -> tuple[Transition, ...]:
    """What does not come by letter: whoever has an address today need not be who had it before."""
    return (
        Transition("", PENDING, "person", "asked by an address that was theirs before"),
        Transition(PENDING, begins, "officer", "it is certain who is asking"),
        Transition(PENDING, REFUSED, "officer", "refused, with ground and reasons"),
        Transition(PENDING, "withdrawn", "person", "taken back"),
        Transition(PENDING, "ended", "participants", "the person was erased"),
    )


COPY = (
    Transition("", "gathering", "person", "asked, after proving who is asking"),
    *_by_the_desk("gathering", ("gathering", "ready"), ("gathering", "ready")),
    Transition(PENDING, "closed", "participants", "the person was erased"),
    Transition("gathering", "ready", "participants", "every service has told what it holds"),
    Transition("gathering", "withdrawn", "person", "taken back"),
    Transition("gathering", "closed", "participants", "the person was erased"),
    Transition("ready", "gathering", "clock", "what was gathered is lost or damaged"),
    Transition("ready", "withdrawn", "person", "taken back"),
    Transition("ready", "closed", "clock", "its time is over, the key is destroyed"),
)

MACHINES: Mapping[Right, tuple[Transition, ...]] = {
    "erasure": (
        Transition("", "waiting", "person", "asked, after proving who is asking"),
        *_by_the_desk("waiting", ("waiting",), ("waiting",)),
        Transition("waiting", "ordered", "clock", "the cooling-off has ended"),
        Transition("waiting", "withdrawn", "person", "taken back"),
        Transition("ordered", "closed", "participants", "every service has answered"),
        Transition("ordered", "failed", "participants", "one service could not erase"),
        Transition("closed", "failed", "participants", "a linked id could not be erased"),
        Transition("failed", "ordered", "clock", "the next attempt is due"),
    ),
    "access": COPY,
    "portability": COPY,
    "restriction": (
        Transition("", "applying", "person", "asked on a ground of GDPR Art. 18(1)"),
        *_by_the_desk("applying", (), ("applying",)),
        Transition(PENDING, "ended", "participants", "the person was erased"),
        Transition("applying", "in force", "participants", "every service applies it"),
        Transition("in force", "ending", "officer", "the person is to be told that it will be lifted"),
        Transition("ending", "lifted", "officer", "the notice has left"),
        Transition("applying", "withdrawn", "person", "taken back"),
        Transition("in force", "withdrawn", "person", "taken back"),
        Transition("ending", "withdrawn", "person", "taken back"),
        Transition("applying", "ended", "participants", "the person was erased"),
        Transition("in force", "ended", "participants", "the person was erased"),
        Transition("ending", "ended", "participants", "the person was erased"),
    ),
    "marketing-objection": (
        Transition("", "applying", "person", "objected, which needs no ground (GDPR Art. 21(2))"),
        *_by_a_former_address("applying"),
        Transition("applying", "closed", "participants", "every service applies it"),
        Transition("applying", "ended", "participants", "the person was erased"),
    ),
    "objection": (
        Transition("", "applying", "person", "objected to a use that rests on our interest (GDPR Art. 21(1))"),
        *_by_a_former_address("applying"),
        Transition("applying", "under review", "participants", "every service has stopped it"),
        Transition("under review", "upheld", "officer", "nothing outweighs it: what served this alone is purged"),
        Transition("under review", "overruled", "officer", "compelling grounds of ours, with reasons"),
        Transition("applying", "withdrawn", "person", "taken back"),
        Transition("under review", "withdrawn", "person", "taken back"),
        Transition("applying", "ended", "participants", "the person was erased"),
        Transition("under review", "ended", "participants", "the person was erased"),
    ),
    "human-review": (
        Transition("", "under review", "person", "contests a decision (GDPR Art. 22(3))"),
        *_by_a_former_address("under review"),
        Transition("under review", "changed", "officer", "a person has decided otherwise"),
        Transition("under review", "confirmed", "officer", "a person has decided alike, with reasons"),
        Transition("under review", "withdrawn", "person", "taken back"),
        Transition("under review", "ended", "participants", "the person was erased"),
    ),
    "rectification": (
        Transition("", "under review", "person", "says what is wrong and what is right (GDPR Art. 16)"),
        *_by_a_former_address("under review"),
        Transition("under review", "correcting", "officer", "it is to be put right where it is held"),
        Transition("under review", "corrected", "officer", "it is put right, or a statement added"),
        Transition("under review", "declined", "officer", "it is right as it is, with reasons"),
        Transition("correcting", "corrected", "participants", "every service that holds it has put it right"),
        Transition("under review", "withdrawn", "person", "taken back"),
        Transition("under review", "ended", "participants", "the person was erased"),
        Transition("correcting", "ended", "participants", "the person was erased"),
    ),
}


def opens_in(right: Right) -> str:
    """The state in which a case of this right begins when its person asks."""
    return next(each.after for each in MACHINES[right] if not each.before and each.actor == "person")


def may_go(right: Right, before: str, after: str) -> bool:
    """Whether the machine knows the way."""
    return any((each.before, each.after) == (before, after) for each in MACHINES[right])


def drawn(right: Right) -> str:
    """The machine as a diagram (Mermaid)."""
    return "\n".join(_lines(right))


def _lines(right: Right) -> Iterator[str]:
    transitions = MACHINES[right]
    yield "stateDiagram-v2"
    for each in transitions:
        yield f"    {_node(each.before)} --> {_node(each.after)}: {each.why} ({each.actor})"
    goes_on_by_itself = {t.before for t in transitions if t.before and t.before != "closed"}
    for ending in dict.fromkeys(t.after for t in transitions if t.after not in goes_on_by_itself):
        yield f"    {_node(ending)} --> [*]"


def _node(state: str) -> str:
    """The name of a state in a diagram, which may have no space in it."""
    return state.replace(" ", "_") or "[*]"
