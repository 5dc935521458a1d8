"""Which of many models are better than a benchmark, and which may be the best: tests that know how many were tried.

The bootstraps are those of ``arch``; seeded, so that the same losses give the same answer.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from cryptoforecast.evaluation.significance import SIGNIFICANCE_LEVEL

CONFIDENCE = 0.90  # of the model confidence set
REPETITIONS, SEED = 2000, 0
ENOUGH_ORIGINS = 100  # of forecasts of one step


class Superiority(NamedTuple):
    """What SPA and StepM find.

    ``p_value`` is that of no model at all being better than the benchmark (Hansen's consistent one), ``models`` are
    those that are, with a chance of at most ``SIGNIFICANCE_LEVEL`` that there is one among them by luck.
    """

    p_value: float
    models: list[str]


def block_size(origins: int, horizon: int) -> int:
    """The mean length of the bootstrap's blocks, in origins.

    It is the cube root of their count, and at least twice the horizon: forecasts that overlap err together.

    >>> [block_size(350, 1), block_size(350, 7)]
    [7, 14]
    """
    longer: int = max(round(np.cbrt(origins)), 2 * horizon if horizon > 1 else 1)
    return min(longer, origins)


def holds_its_level(origins: int, horizon: int) -> bool:
    """Whether StepM finds a worthless model no more often than it says: at one step, from a hundred origins on.

    The bootstrap's blocks see too little of how errors of overlapping forecasts hang together, and few origins are
    few blocks: of ten worthless models, one or more is found in 25 % of cases at 70 origins of 7 steps, in 10 % at
    200 of 2, in 16 to 27 % at 10 of one step, and in 4 to 7 % at 100 and more of one step.
    """
    return horizon == 1 and origins >= ENOUGH_ORIGINS


def superior_to(
    benchmark: str, losses: pd.DataFrame, block: int, repetitions: int = REPETITIONS, level: float = SIGNIFICANCE_LEVEL
) -> Superiority:
    """Find the models whose losses are smaller than a benchmark's, over all of them at once.

    The SPA test and StepM of ``arch`` compare mean differences as they are, and the wildest model would set the bar
    for all. Each is divided by its standard deviation first, as Hansen's statistic has it. The benchmark stands among
    the models too, with no difference at all: so the largest of the statistics is never below zero, and StepM ends
    where every other model has been found better.

    Args:
        benchmark: the column to beat.
        losses: a row per origin, oldest first, and a column per model.
        block: mean length of the stationary bootstrap's blocks.
        repetitions: how often to draw.
        level: family-wise: how likely one model or more is to be found by luck.

    References:
        Hansen (2005), A Test for Superior Predictive Ability, JBES 23(4), 365-380.
        Romano and Wolf (2005), Stepwise Multiple Testing as Formalized Data Snooping, Econometrica 73(4), 1237-1282.
    """
    from arch.bootstrap import StepM

    differences = losses.sub(losses[benchmark], axis=0)
    spread = differences.std(ddof=0)
    moving = spread > 1e-12 * losses[benchmark].mean()  # what forecasts what the benchmark forecasts is not better
    scaled = differences.loc[:, moving] / spread[moving]
    if scaled.empty:
        return Superiority(1.0, [])
    scaled[benchmark] = 0.0
    test = StepM(
        np.zeros(len(scaled)), scaled.to_numpy(), size=level, block_size=block, reps=repetitions, seed=_generator()
    )
    test.compute()
    names = [str(scaled.columns[int(str(at))]) for at in test.superior_models]
    if not (scaled.mean() < 0).any():  # the statistic is zero, which no draw is below; arch counts draws above it
        return Superiority(1.0, names)
    test.spa.compute()  # again over all models; what was drawn is kept
    return Superiority(float(test.spa.pvalues["consistent"]), names)


def confidence_set(losses: pd.DataFrame, block: int, repetitions: int = REPETITIONS) -> set[str]:
    """The models that may be the best: the smallest set that holds it in 90 % of all cases.

    Models with the same losses are in it together or not at all.

    Args:
        losses: a row per origin, oldest first, and a column per model.
        block: mean length of the stationary bootstrap's blocks.
        repetitions: how often to draw.

    References:
        Hansen, Lunde and Nason (2011), The Model Confidence Set, Econometrica 79(2), 453-497.
    """
    from arch.bootstrap import MCS

    alike: dict[bytes, list[str]] = {}
    for model in losses.columns:
        alike.setdefault(losses[model].to_numpy().round(12).tobytes(), []).append(str(model))
    distinct = losses[[models[0] for models in alike.values()]]
    if distinct.shape[1] == 1:
        return {str(model) for model in losses.columns}
    test = MCS(distinct.to_numpy(), 1 - CONFIDENCE, reps=repetitions, block_size=block, seed=_generator())
    test.compute()
    kept = {str(distinct.columns[int(str(at))]) for at in test.included}
    return {model for models in alike.values() if models[0] in kept for model in models}


def _generator() -> np.random.Generator:
    return np.random.default_rng(SEED)
