"""Not more per second than the mail provider likes."""

import asyncio


class Pace:
    """Hands out turns, evenly spaced."""

    def __init__(self, per_second: float) -> None:
        self._interval = 1.0 / per_second
        self._next = 0.0

    async def turn(self) -> None:
        """Wait for the next turn."""
        time = asyncio.get_running_loop().time()
        mine = max(time, self._next)
        self._next = mine + self._interval
        if mine > time:
            await asyncio.sleep(mine - time)
