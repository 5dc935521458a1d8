"""The ladder: all rungs fitted on the same training bars, from the simplest to the hardest."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from cryptoforecast.data.bars import Bars
from cryptoforecast.models.ladder.random_walk import RandomWalkRung
from cryptoforecast.models.ladder.rung import CannotFit, Rung
from cryptoforecast.models.ladder.rungs import RUNGS

LADDER: dict[str, type[Rung]] = {"RandomWalk": RandomWalkRung, **RUNGS}  # from simple to hard


class Ladder(NamedTuple):
    """The rungs that could be fitted, by name, from simple to hard, and why each other is left out."""

    rungs: dict[str, Rung]
    left_out: dict[str, str]


def fit_ladder(bars: Sequence[Bars], horizon: int, names: Sequence[str] = tuple(LADDER)) -> Ladder:
    """Fit the rungs to the training bars of all series; those that cannot be fitted are left out.

    Args:
        bars: of each series.
        horizon: number of steps.
        names: the rungs wanted.

    >>> from cryptoforecast import CloseDataModule, SimulatedSource
    >>> data = CloseDataModule(SimulatedSource(rows=500))
    >>> data.setup("fit")
    >>> rungs = fit_ladder(data.bars(), horizon=1).rungs
    >>> list(rungs), rungs["Har"].follow(data.bars()[0]).shape
    (['RandomWalk', 'Ewma', 'Garch', 'Har'], (500, 5))
    """
    ladder = Ladder({}, {})
    for name in names:
        rung = LADDER[name]()
        try:
            rung.fit(bars, horizon)
        except CannotFit as problem:
            ladder.left_out[name] = str(problem)
        else:
            ladder.rungs[name] = rung
    return ladder


def follow_all(rung: Rung, bars: Sequence[Bars]) -> Float64[np.ndarray, "rows states"]:
    """The states of a rung after each bar of all series, one series after the other, as windows count rows."""
    return np.concatenate([rung.follow(series) for series in bars])
