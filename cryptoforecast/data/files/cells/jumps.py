"""Jumps of numbers from row to row: a decimal mark that is misread makes jumps by a factor of a thousand."""

import numpy as np

LARGEST_SMOOTH, SMALLEST_JUMP = 10.0, 200.0  # factors from row to row


def may_be_thousands(values: np.ndarray) -> bool:
    """Whether numbers that were read with a decimal point may be thousands, such as 1.012 beside 998.

    All must be below 1000 with at most three decimals, and those below 1 whole.
    """
    if not np.fmax.reduce(values, initial=0.0) < 1000:
        return False
    for part in (values[:1000], values):
        present = part[~np.isnan(part)]
        fraction = present % 1 > 0
        if (fraction & (present < 1)).any() or (np.abs(np.round(present * 1000) / 1000 - present) > 1e-9).any():
            return False
    return bool(fraction.any())


def leaps(values: np.ndarray) -> bool:
    """Whether some number is more than ``SMALLEST_JUMP`` times the one before, as no price is."""
    with np.errstate(invalid="ignore"):
        return bool(((values[1:] > SMALLEST_JUMP * values[:-1]) & (values[:-1] > 0)).any())


def largest_jump(values: np.ndarray) -> float:
    """The largest factor between neighbours, up or down."""
    positive = values[values > 0]
    return float(np.exp(np.abs(np.diff(np.log(positive))).max(initial=0.0)))
