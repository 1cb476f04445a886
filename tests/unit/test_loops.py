"""A loop outlives every fault of its step, for as long as the fault lasts."""

import asyncio

from shared.loops import Loop, backoff, run


async def test_a_step_that_failed_for_a_night_is_still_tried() -> None:
    stop, driver = asyncio.Event(), 0

    async def step() -> bool:
        nonlocal driver
        driver += 1
        if driver <= 1100:
            raise ConnectionError
        stop.set()
        return False

    await asyncio.wait_for(run(Loop("test", step, interval_s=0.0), asyncio.Event(), stop), 30)
    assert driver == 1101


async def test_a_wake_up_during_the_step_is_not_lost() -> None:
    stop, wake, driver = asyncio.Event(), asyncio.Event(), 0

    async def step() -> bool:
        nonlocal driver
        driver += 1
        (wake if driver == 1 else stop).set()
        return False

    await asyncio.wait_for(run(Loop("test", step, interval_s=60.0), wake, stop), 5)
    assert driver == 2


async def test_a_step_that_says_more_is_repeated_at_once() -> None:
    stop, driver = asyncio.Event(), 0

    async def step() -> bool:
        nonlocal driver
        driver += 1
        if driver == 3:
            stop.set()
        return driver < 3

    await asyncio.wait_for(run(Loop("test", step, interval_s=60.0), asyncio.Event(), stop), 5)
    assert driver == 3


def test_waits_grow_up_to_a_limit() -> None:
    assert [backoff(n, 1.0, 600.0) for n in (1, 2, 3, 4)] == [1, 2, 4, 8]
    assert [backoff(n, 60.0, 4 * 3600.0, factor=4) for n in (1, 2, 3)] == [60, 240, 960]
    assert backoff(10_000, 1.0, 600.0) == backoff(10_000, 60.0, 600.0, factor=4) == 600.0
