"""What the desk may do: pure."""

from services.privacy.cases.machine import MACHINES
from shared.problems import refuse

STATES = frozenset(t.after for machine in MACHINES.values() for t in machine)


def check_state(state: str | None) -> None:
    """Raise Refused (422) for a state in which no case ever is."""
    if state is not None and state not in STATES:
        words = ", ".join(sorted(STATES))
        raise refuse(422, "no case is ever in this state", field="state", message=f"one of: {words}")
