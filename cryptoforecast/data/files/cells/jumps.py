"""How far numbers go from row to row: a mark that is misread makes jumps by a factor of a thousand."""

import numpy as np

SMOOTH, JUMP = 10.0, 200.0  # factors from row to row; a mark that is misread makes one of a thousand


def may_be_thousands(values: np.ndarray) -> bool:
    """Whether numbers that were read with a decimal point may be thousands, as 1.012 beside 998.

    All are then below 1000, with three decimals at most; few columns are, and most of the others show it soon.
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
    """Whether numbers rise from one row to the next as no price does."""
    with np.errstate(invalid="ignore"):
        return bool(((values[1:] > JUMP * values[:-1]) & (values[:-1] > 0)).any())


def largest_jump(values: np.ndarray) -> float:
    """The largest factor from a row to the next, up or down."""
    positive = values[values > 0]
    return float(np.exp(np.abs(np.diff(np.log(positive))).max(initial=0.0)))
