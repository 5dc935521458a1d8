"""The inverse of a distribution function."""

from collections.abc import Callable

import numpy as np

TOLERANCE = 1e-10  # in probability
MOST_HALVINGS = 200


def invert(
    cdf: Callable[[np.ndarray], np.ndarray], levels: np.ndarray, low: np.ndarray, high: np.ndarray
) -> np.ndarray:
    """Where a distribution function reaches some levels, all at once.

    The bracket is cut where the straight line through its ends reaches the level, with the weight of an end that stays
    halved (the Illinois algorithm), and in the middle at each third step, so that it shrinks whatever the function is.

    Args:
        cdf: ascending in each place of the arrays.
        levels: the probabilities.
        low: values at which the function is not above them.
        high: values at which it is not below them.

    References:
        Dowell and Jarratt (1971), A modified regula falsi method for computing the root of an equation, BIT 11,
        168-174.
    """
    low, high = low.astype(float), high.astype(float)
    below, above = cdf(low) - levels, cdf(high) - levels
    best = np.where(np.abs(below) <= np.abs(above), low, high)
    if (np.minimum(np.abs(below), np.abs(above)) <= TOLERANCE).all():
        return best
    reached = np.minimum(np.abs(below), np.abs(above))
    for step in range(MOST_HALVINGS):
        middle = low / 2 + high / 2
        with np.errstate(invalid="ignore", divide="ignore"):
            cut = high - above * ((high - low) / (above - below))
        inside = (cut > low) & (cut < high) & (step % 3 != 2)
        cut = np.where(inside, cut, middle)
        height = cdf(cut) - levels
        closer = np.abs(height) < reached
        best, reached = np.where(closer, cut, best), np.where(closer, np.abs(height), reached)
        rises = height < 0
        above, below = np.where(rises, above / 2, height), np.where(rises, height, below / 2)
        low, high = np.where(rises, cut, low), np.where(rises, high, cut)
        if ((reached <= TOLERANCE) | (high - low <= np.spacing(np.abs(cut)))).all():
            break
    return best
