"""Which of many models have smaller losses than a benchmark: the random walk, or a rung of the ladder above it."""

from typing import NamedTuple

import pandas as pd

from cryptoforecast.evaluation.comparison.measures import Measure, is_baseline
from cryptoforecast.evaluation.comparison.superiority import block_size, holds_its_level, superior_to
from cryptoforecast.evaluation.significance import (
    NO_BENCHMARK,
    SIGNIFICANCE_LEVEL,
    TestResult,
    diebold_mariano_of,
    fewest_origins,
)


class Superior(NamedTuple):
    """The models that are better than a benchmark by StepM, the p-value of SPA, and that of each model by itself.

    ``relative`` is the measure of each model in parts of the benchmark's; ``spa_p`` and ``models`` are None with too
    few origins.
    """

    relative: dict[str, float]
    tests: dict[str, TestResult]
    spa_p: float | None
    models: list[str] | None


def compare_with(benchmark: str, losses: pd.DataFrame, horizon: int, repetitions: int, measure: Measure) -> Superior:
    """Which models have smaller losses than a benchmark, over all of them at once.

    Args:
        benchmark: the column to beat.
        losses: in parts of the benchmark's, as ``losses_of`` gives them.
        horizon: number of steps of a forecast.
        repetitions: how often the bootstrap draws.
        measure: what losses are.
    """
    count, enough = len(losses), len(losses) >= fewest_origins(horizon)
    relative = {str(model): measure.relative(losses[model].mean(), losses[benchmark].mean()) for model in losses}
    tests = {str(model): _test(losses, str(model), benchmark, horizon) for model in losses}
    if not enough:
        return Superior(relative, tests, None, None)
    found = superior_to(benchmark, losses, block_size(count, horizon), repetitions)
    better = found.models
    if not holds_its_level(count, horizon):
        variants = sum(model != benchmark and not is_baseline(model) for model in tests) or len(tests) - 1
        better = [model for model in found.models if _survives(tests[model], variants)]
    return Superior(relative, tests, found.p_value, better)


def _test(losses: pd.DataFrame, model: str, benchmark: str, horizon: int) -> TestResult:
    if model == benchmark:
        return NO_BENCHMARK
    return diebold_mariano_of((losses[model] - losses[benchmark]).to_numpy(), horizon)


def _survives(test: TestResult, models: int) -> bool:
    """Whether a p-value, one-sided, is small enough for the best of so many (Bonferroni)."""
    return test.p_value is not None and test.p_value / 2 * models < SIGNIFICANCE_LEVEL
