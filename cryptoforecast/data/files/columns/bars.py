"""Open, high, low and close found by the numbers of columns alone."""

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

MOST_DAMAGED = 0.01  # share of the bars that need not fit
FEWEST_FOR_ONE_DAMAGED = 30  # bars of which one need not fit
JUMP = 0.7  # of logarithms: to the double or the half
LARGEST_RANGE = 4.0  # high divided by low, in nearly all bars
NEAR = 0.5  # largest ratio of the distance from the close before to that from the open before, with many steps
NEARER, NEAREST = 0.1, 0.02  # the same with fewer steps than ``MANY``, and than ``FEW``
FEW, MANY = 4, 9  # steps


class Bars(NamedTuple):
    """Positions of a bar's prices."""

    open: int
    high: int
    low: int
    close: int


def find_bars(columns: dict[int, np.ndarray], times: np.ndarray, groups: Sequence[object] = ()) -> list[Bars]:
    """All ways in which four of the columns may be open, high, low and close; one way if the numbers leave no choice.

    In nearly all bars the high is the highest and the low the lowest of the four. Of the other two, the open is near
    the close of the bar before, and the close is not near the open of the bar before.

    Args:
        columns: numbers by position; NaN for empty cells.
        times: of the rows.
        groups: the symbol of each row, if a table has several.
    """
    order = (
        np.lexsort((times, np.unique(np.asarray(groups, dtype=str), return_inverse=True)[1]))
        if len(groups)
        else (np.argsort(times, kind="stable"))
    )
    ordered = {at: numbers[order] for at, numbers in columns.items()}
    last = np.asarray(groups, dtype=str)[order] if len(groups) else None
    steps = np.ones(max(len(times) - 1, 0), dtype=bool) if last is None else last[1:] == last[:-1]
    found: list[Bars] = []
    for four in combinations(ordered, 4):
        prices = np.column_stack([ordered[at] for at in four])
        if (pair := extremes(prices)) is None:
            continue
        high, low = (four[at] for at in pair)
        first, second = (at for at in four if at not in (high, low))
        found += [
            Bars(opened, high, low, closed)
            for opened, closed in ((first, second), (second, first))
            if _opens_near(ordered[opened], ordered[closed], steps) is not False
        ]
    return found


def are_prices(closes: np.ndarray) -> bool:
    """Whether a column moves as prices do: seldom to the double or the half in one step."""
    return bool(np.nanmedian(np.abs(np.diff(np.log(closes)))) < JUMP)


def closes_inside(columns: dict[int, np.ndarray], high: np.ndarray, low: np.ndarray) -> list[int]:
    """The columns whose numbers are between low and high in nearly all bars."""
    return [at for at, numbers in columns.items() if _nearly_all((low <= numbers) & (numbers <= high), numbers)]


def extremes(prices: np.ndarray) -> tuple[int, int] | None:
    """The positions of the highest and the lowest of four columns in nearly all bars; None if they are not unique."""
    complete = prices[~np.isnan(prices).any(axis=1)]
    if len(complete) < 2 or not (complete > 0).all():
        return None
    highest, lowest = complete.max(axis=1), complete.min(axis=1)
    if np.quantile(highest / lowest, 1 - MOST_DAMAGED) > LARGEST_RANGE:
        return None
    tops = [at for at in range(4) if _most(complete[:, at] == highest)]
    bottoms = [at for at in range(4) if _most(complete[:, at] == lowest)]
    return (tops[0], bottoms[0]) if len(tops) == len(bottoms) == 1 and tops != bottoms else None


def _opens_near(opened: np.ndarray, closed: np.ndarray, steps: np.ndarray) -> bool | None:
    """Whether one column is near the other one of the bar before; None if the bars do not tell."""
    forth = np.abs(np.log(opened[1:] / closed[:-1]))[steps]
    back = np.abs(np.log(closed[1:] / opened[:-1]))[steps]
    present = np.minimum(forth, back) < JUMP  # prices do not jump further
    forth, back = np.minimum(forth[present], JUMP), np.minimum(back[present], JUMP)
    if not len(forth):
        return None
    for near, far, answer in ((forth, back, True), (back, forth, False)):
        exact = not near.any() and (far > 0).mean() > 0.5 and len(near) > 1
        clear = near.mean() < NEAR * far.mean() and (near < far).mean() > (near > far).mean() + 0.3
        bound = NEAR if len(near) >= MANY else NEARER if len(near) >= FEW else NEAREST
        if exact or (clear and near.mean() < bound * far.mean() and len(near) > 2):
            return answer
    return None


def _nearly_all(fitting: np.ndarray, numbers: np.ndarray) -> bool:
    present = ~np.isnan(numbers)
    return present.sum() > 1 and _most(fitting[present])


def _most(fitting: np.ndarray) -> bool:
    """Whether nearly all fit: all of few, all but one of thirty, 99 of a hundred of many."""
    return int((~fitting).sum()) <= max(MOST_DAMAGED * len(fitting), len(fitting) >= FEWEST_FOR_ONE_DAMAGED)
