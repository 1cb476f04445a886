"""Whether an erasure costs more the more people are present."""

import random
import statistics
from collections.abc import Callable, Iterator, Sequence
from itertools import count

from deploy.benchmark.cases import Ask, Connections, Figures, arrive, timed_erasure, wait
from deploy.population.residents import Resident

ROUNDS = 9
SAMPLE = 2000  # so many are erased in each round, or twice as many as are present where that is fewer
CROWD = 10_000  # so many arrive in one step


async def growth(
    connections: Connections, ask: Ask, sizes: Sequence[int], *, spread: bool, tell: Callable[[str], None]
) -> Figures:
    """Microseconds per erased person with ever more others present; the median of several rounds each.

    `spread`: the people are picked from among all, else they are those who came last.
    """
    seeds = count(10)
    present: list[Resident] = []
    sample = min([SAMPLE, *(2 * size for size in sizes)])
    await _cost(connections, ask, present, seeds, sample, spread=spread)  # warms plans, caches and connections up
    medians: dict[str, float] = {}
    for size in sizes:
        tell(f"growth: {size} people present")
        while len(present) < size:
            present += await arrive(connections, min(CROWD, size - len(present)), next(seeds))
        costs = [await _cost(connections, ask, present, seeds, sample, spread=spread) for _ in range(ROUNDS)]
        medians[str(size)] = round(statistics.median(costs), 1)
    return medians


async def _cost(
    connections: Connections, ask: Ask, present: list[Resident], seeds: Iterator[int], sample: int, *, spread: bool
) -> float:
    """Microseconds per person when so many come and as many are erased."""
    present += await arrive(connections, sample, next(seeds))
    if spread:
        random.shuffle(present)
    people = [present.pop() for _ in range(sample)]
    await wait(connections, people)
    return await timed_erasure(connections, ask, people) / sample * 1e6
