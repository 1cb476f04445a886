"""What the benchmarks make of what they measured: ratios of the same round, medians of all."""

import pytest

from deploy.benchmark import erasure, events, licensing


def test_a_ratio_is_of_the_same_round() -> None:
    """One slow minute of the machine, which met both sides of one round, moves no ratio."""
    rates = {"plain": [80.0, 8.0, 80.0], "bare": [100.0, 10.0, 100.0]}
    rates |= {"batched": [150.0, 20.0, 150.0], "acknowledged": [200.0, 40.0, 300.0]}
    found = events.figures(rates)
    assert (found["plain_per_second"], found["bare_per_second"]) == (80, 100)
    assert (found["batched_per_second"], found["acknowledged_per_second"]) == (150, 200)
    assert (found["plain_ratio"], found["batched_ratio"]) == (0.8, 1.5)
    assert (found["plain_ratio_to_acknowledged"], found["batched_ratio_to_acknowledged"]) == (0.267, 0.5)


def test_the_median_is_of_the_ratios_and_not_of_the_rates() -> None:
    rates = {"plain": [10.0, 20.0, 90.0], "bare": [20.0, 20.0, 100.0]}
    rates |= {"batched": [20.0, 60.0, 100.0], "acknowledged": [40.0, 80.0, 200.0]}
    found = events.figures(rates)
    assert (found["plain_ratio"], found["batched_ratio"]) == (0.9, 1.0)
    assert found["plain_ratio_to_acknowledged"] == 0.25


@pytest.mark.parametrize(("took", "ratio"), [([90.0, 60.0, 600.0], 3.0), ([10.0, 10.0], 0.33)])
def test_one_case_is_compared_by_medians(took: list[float], ratio: float) -> None:
    found = erasure.single_figures(took, [20.0, 30.0, 3000.0])
    assert (found["ratio"], found["bare_p50_ms"]) == (ratio, 30.0)
    assert found["p50_ms"] == sorted(took)[len(took) // 2]
    assert found["p95_ms"] >= found["p50_ms"]


def test_validations_are_counted_beside_the_plain_ones() -> None:
    found = licensing.figures([0.01] * 400, [0.02] * 95 + [0.5] * 5, seconds=2.0)
    assert found == {"direct_per_second": 200.0, "per_second": 50.0, "ratio": 0.25, "p95_ms": 476.0}
