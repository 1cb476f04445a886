"""When a consumer of which most messages fail stops taking them, and when it tries again: pure."""

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum

from shared.loops import backoff

WINDOW_S = 60.0
LOOKED_AT = 200
# Fewer say nothing: one poison message fails three times in its first minute.
FEWEST = 30
FAILING = 0.5
FIRST_REST_S = 30.0
LONGEST_REST_S = 300.0


class State(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


@dataclass
class Breaker:
    """Opens when half of the last messages failed; lets one through after a rest, which decides how it goes on."""

    state: State = State.CLOSED
    trips: int = 0
    rests_until: float = 0.0
    outcomes: deque[tuple[float, bool]] = field(default_factory=lambda: deque(maxlen=LOOKED_AT))

    def record(self, *, failed: bool, at: float) -> None:
        """Count an outcome; those of messages that were in hand while it was open already say nothing new."""
        if self.state is State.HALF_OPEN:
            self._open(at) if failed else self._close()
        elif self.state is State.CLOSED:
            self.outcomes.append((at, failed))
            if failed and self._mostly_fails(at):
                self._open(at)

    def try_again(self, at: float) -> None:
        """After its rest let one message through."""
        if self.state is State.OPEN and at >= self.rests_until:
            self.state = State.HALF_OPEN

    def _mostly_fails(self, at: float) -> bool:
        recent = [failed for when, failed in self.outcomes if at - when <= WINDOW_S]
        return len(recent) >= FEWEST and sum(recent) >= FAILING * len(recent)

    def _open(self, at: float) -> None:
        self.trips += 1
        self.state = State.OPEN
        self.rests_until = at + backoff(self.trips, FIRST_REST_S, LONGEST_REST_S)

    def _close(self) -> None:
        self.state, self.trips = State.CLOSED, 0
        self.outcomes.clear()
