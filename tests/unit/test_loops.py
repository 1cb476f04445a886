"""A loop outlives every fault of its step, for as long as the fault lasts."""

import asyncio
from uuid import uuid4

from shared.loops import Loop, backoff, run
from shared.tracing import add_ids, note
from tests.harness import PATIENCE_S


async def test_a_step_that_failed_for_a_night_is_still_tried() -> None:
    stop, steps = asyncio.Event(), 0

    async def step() -> bool:
        nonlocal steps
        steps += 1
        if steps <= 1100:
            raise ConnectionError
        stop.set()
        return False

    await asyncio.wait_for(run(Loop("test", step, interval_s=0.0), asyncio.Event(), stop), PATIENCE_S)
    assert steps == 1101


async def test_a_wake_up_during_the_step_is_not_lost() -> None:
    stop, wake, steps = asyncio.Event(), asyncio.Event(), 0

    async def step() -> bool:
        nonlocal steps
        steps += 1
        (wake if steps == 1 else stop).set()
        return False

    await asyncio.wait_for(run(Loop("test", step, interval_s=60.0), wake, stop), PATIENCE_S)
    assert steps == 2


async def test_a_step_that_says_more_is_repeated_at_once() -> None:
    stop, steps = asyncio.Event(), 0

    async def step() -> bool:
        nonlocal steps
        steps += 1
        if steps == 3:
            stop.set()
        return steps < 3

    await asyncio.wait_for(run(Loop("test", step, interval_s=60.0), asyncio.Event(), stop), PATIENCE_S)
    assert steps == 3


def test_waits_grow_up_to_a_limit() -> None:
    assert [backoff(n, 1.0, 600.0) for n in (1, 2, 3, 4)] == [1, 2, 4, 8]
    assert [backoff(n, 60.0, 4 * 3600.0, factor=4) for n in (1, 2, 3)] == [60, 240, 960]
    assert backoff(10_000, 1.0, 600.0) == backoff(10_000, 60.0, 600.0, factor=4) == 600.0


async def test_a_step_is_about_its_own() -> None:
    """What one step noted for its log lines is not said in those of the next."""
    stop, lines, case = asyncio.Event(), list[dict[str, str]](), uuid4()

    async def step() -> bool:
        lines.append(add_ids(None, "info", {}))
        note(case_id=case)
        if len(lines) == 2:
            stop.set()
        return True

    await asyncio.wait_for(run(Loop("test", step, interval_s=0.0), asyncio.Event(), stop), PATIENCE_S)
    assert lines == [{}, {}]
