"""Head and body of a response leave in one write, and nothing is lost when the connection is closed at once."""

import asyncio
from typing import Any

import pytest

from services.gateway.transport import GatheringTransport


class Recorded:
    """What came through, in order."""

    def __init__(self) -> None:
        self.calls: list[bytes | str] = []

    def write(self, data: bytes) -> None:
        self.calls.append(data)

    def close(self) -> None:
        self.calls.append("closed")

    def is_closing(self) -> bool:
        return "closed" in self.calls


async def one_round() -> None:
    """Everything that was due in the loop by now has been done."""
    done = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(done.set_result, None)
    await done


@pytest.mark.parametrize("parts", [[b"head", b"body"], [b"head"], [b"head", b"", b"tail"], [b"a", b"b", b"c", b"d"]])
async def test_what_is_written_in_one_go_leaves_at_once(parts: list[bytes]) -> None:
    recorded: Any = Recorded()
    transport = GatheringTransport(recorded, asyncio.get_running_loop())
    for _ in range(2):
        for part in parts:
            transport.write(part)
        await one_round()
    assert recorded.calls == [b"".join(parts)] * 2


async def test_what_waits_leaves_before_the_connection_is_closed() -> None:
    recorded: Any = Recorded()
    transport = GatheringTransport(recorded, asyncio.get_running_loop())
    transport.write(b"last ")
    transport.write(b"words")
    assert not transport.is_closing()
    transport.close()
    await one_round()
    assert recorded.calls == [b"last words", "closed"]
    assert transport.is_closing()


async def test_what_comes_later_leaves_later() -> None:
    """A long answer in parts: none waits for the next one."""
    recorded: Any = Recorded()
    transport = GatheringTransport(recorded, asyncio.get_running_loop())
    for part in (b"one", b"two", b"three"):
        transport.write(part)
        await one_round()
    assert recorded.calls == [b"one", b"two", b"three"]
