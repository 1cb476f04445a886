"""When a consumer rests and when it tries again."""

import pytest

from shared.messaging.breaker import FEWEST, FIRST_REST_S, WINDOW_S, Breaker, State


def fed(*outcomes: bool, apart_s: float = 0.1) -> Breaker:
    """A breaker after these outcomes (True has failed)."""
    breaker = Breaker()
    for place, failed in enumerate(outcomes):
        breaker.record(failed=failed, at=place * apart_s)
    return breaker


@pytest.mark.parametrize(
    ("outcomes", "apart_s", "state"),
    [
        ([True] * FEWEST, 0.1, State.OPEN),
        ([True, False] * FEWEST + [True], 0.1, State.OPEN),
        ([True] * (FEWEST - 1), 0.1, State.CLOSED),
        ([True, False, False] * FEWEST, 0.1, State.CLOSED),
        ([True] * 10 * FEWEST, WINDOW_S / (FEWEST - 2), State.CLOSED),
        ([False] * 1000 + [True] * 99, 0.001, State.CLOSED),
        ([False] * 1000 + [True] * 100, 0.001, State.OPEN),
        ([], 0.1, State.CLOSED),
    ],
    ids=["all fail", "half", "too few", "a third", "too slowly", "after many good ones", "and more", "nothing"],
)
def test_it_opens_when_most_of_the_last_messages_failed(outcomes: list[bool], apart_s: float, state: State) -> None:
    assert fed(*outcomes, apart_s=apart_s).state is state


def opened() -> tuple[Breaker, float]:
    return fed(*[True] * FEWEST), 0.1 * (FEWEST - 1)


def test_after_its_rest_one_message_decides() -> None:
    breaker, at = opened()
    states = [breaker.state]
    for after_s in (FIRST_REST_S - 0.1, FIRST_REST_S + 0.1):
        breaker.try_again(at + after_s)
        states.append(breaker.state)
    breaker.record(failed=False, at=at + FIRST_REST_S + 1)
    states.append(breaker.state)
    breaker.record(failed=True, at=at + FIRST_REST_S + 2)
    states.append(breaker.state)  # what was before is forgotten
    assert states == [State.OPEN, State.OPEN, State.HALF_OPEN, State.CLOSED, State.CLOSED]


def test_each_rest_is_longer_up_to_a_limit() -> None:
    breaker, at = opened()
    rests = []
    for _ in range(8):
        rests.append(breaker.rests_until - at)
        at = breaker.rests_until
        breaker.try_again(at)
        breaker.record(failed=True, at=at)
    assert rests == pytest.approx([30, 60, 120, 240, 300, 300, 300, 300])


@pytest.mark.parametrize("failed", [True, False])
def test_what_was_in_hand_says_nothing_while_it_is_open(failed: bool) -> None:
    breaker, _ = opened()
    until = breaker.rests_until
    for _ in range(50):
        breaker.record(failed=failed, at=4.0)
    assert (breaker.state, breaker.rests_until) == (State.OPEN, until)
