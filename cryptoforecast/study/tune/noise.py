"""The best value that as many trials without skill would have shown: White's reality check."""

from typing import NamedTuple

import numpy as np

from cryptoforecast.evaluation.comparison.superiority import REPETITIONS, SEED, block_size

DIGITS = 12  # of the expected best: sums over several trials differ in their last bits


class Noise(NamedTuple):
    """What the best of some trials without skill would show on the validation targets.

    ``expected`` is the mean of the best, and ``p_value`` the share of draws in which it is at least the best value
    seen.
    """

    trials: int
    expected: float
    p_value: float


def best_of_noise(
    losses: np.ndarray, random_walk: np.ndarray, horizon: int = 1, root: bool = True, repetitions: int = REPETITIONS
) -> Noise:
    """The best skill that the same trials would have shown if none of them were better than the random walk.

    Each trial's losses are moved by a constant, so that their mean is the random walk's; whole blocks of origins are
    then drawn by the stationary bootstrap, the same for all trials, and the largest skill of each draw is kept. So the
    trials stay as alike, and as spread, as they are: fifty copies of a model count as a single one.

    Args:
        losses: of each origin, oldest first, and each trial: squared errors, or CRPS.
        random_walk: of each origin.
        horizon: steps of a forecast.
        root: whether skill is of the root of the mean loss, as ``val/skill`` is; False for ``val/density_skill``.
        repetitions: how often to draw.

    References:
        White (2000), A Reality Check for Data Snooping, Econometrica 68(5), 1097-1126.
        Politis and Romano (1994), The Stationary Bootstrap, JASA 89(428), 1303-1313.

    >>> walk = np.abs(np.random.default_rng(0).normal(size=200))
    >>> best_of_noise(walk[:, None], walk)
    Noise(trials=1, expected=0.0, p_value=1.0)
    """
    from arch.bootstrap import StationaryBootstrap

    seen = float(_skill(losses.mean(axis=0), random_walk.mean(), root).max())
    moved = losses - losses.mean(axis=0) + random_walk.mean()
    block = block_size(len(losses), horizon)
    draws = StationaryBootstrap(block, np.column_stack([random_walk, moved]), seed=np.random.default_rng(SEED))
    best = np.array(
        [
            _skill(means[1:], means[0], root).max()
            for means in (d[0][0].mean(axis=0) for d in draws.bootstrap(repetitions))
        ]
    )
    return Noise(losses.shape[1], round(float(best.mean()), DIGITS), float((best >= seen - 1e-12).mean()))


def _skill(mean_loss: np.ndarray, of_random_walk: float, root: bool) -> np.ndarray:
    ratio = np.maximum(mean_loss, 0.0) / of_random_walk
    return np.asarray(1 - (np.sqrt(ratio) if root else ratio))
