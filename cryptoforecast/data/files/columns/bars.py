"""Which columns are open, high, low and close, told by their numbers alone."""

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

ODD = 0.01  # of the bars may be damaged and decide nothing
THIRTY = 30
JUMP = 0.7  # of logarithms: to the double, or to the half
WIDE = 4.0  # times the low: no high is further above it in nearly all bars
NEAR = 0.5  # of the way between the closes of bars: an open is nearer to the close before it
NEARER, NEAREST = 0.1, 0.02  # the same for fewer steps than ``SURE``, and than ``FEW``
FEW, SURE = 4, 9  # steps by which chance does not tell open and close apart


class Bars(NamedTuple):
    """Positions of a bar's prices."""

    open: int
    high: int
    low: int
    close: int


def find_bars(columns: dict[int, np.ndarray], times: np.ndarray, groups: Sequence[object] = ()) -> list[Bars]:
    """The ways in which four of the columns may be open, high, low and close; one, where the numbers leave no choice.

    In nearly all bars the high is the highest and the low the lowest of the four. Which of the other two is the open
    is told by time: an open is near the close before it, and a close is not near the open before it.

    Args:
        columns: numbers by position; NaN where a cell is empty.
        times: those of the rows.
        groups: whose each row is, where a table has rows of several coins.
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
    """Whether a column moves as prices do: seldom to the double or the half from one row to the next."""
    return bool(np.nanmedian(np.abs(np.diff(np.log(closes)))) < JUMP)


def closes_inside(columns: dict[int, np.ndarray], high: np.ndarray, low: np.ndarray) -> list[int]:
    """The columns whose numbers lie between low and high in nearly all bars, and are not the same in all."""
    return [at for at, numbers in columns.items() if _nearly_all((low <= numbers) & (numbers <= high), numbers)]


def extremes(prices: np.ndarray) -> tuple[int, int] | None:
    """Which of four columns is the highest and which the lowest of nearly all bars, if that is one each."""
    complete = prices[~np.isnan(prices).any(axis=1)]
    if len(complete) < 2 or not (complete > 0).all():
        return None
    highest, lowest = complete.max(axis=1), complete.min(axis=1)
    if np.quantile(highest / lowest, 1 - ODD) > WIDE:
        return None
    tops = [at for at in range(4) if _most(complete[:, at] == highest)]
    bottoms = [at for at in range(4) if _most(complete[:, at] == lowest)]
    return (tops[0], bottoms[0]) if len(tops) == len(bottoms) == 1 and tops != bottoms else None


def _opens_near(opened: np.ndarray, closed: np.ndarray, steps: np.ndarray) -> bool | None:
    """Whether one column opens where the other closed a bar before; None where the bars do not tell."""
    forth = np.abs(np.log(opened[1:] / closed[:-1]))[steps]
    back = np.abs(np.log(closed[1:] / opened[:-1]))[steps]
    present = np.minimum(forth, back) < JUMP  # what jumps further is no step of a price
    forth, back = np.minimum(forth[present], JUMP), np.minimum(back[present], JUMP)
    if not len(forth):
        return None
    for near, far, answer in ((forth, back, True), (back, forth, False)):
        exact = not near.any() and (far > 0).mean() > 0.5 and len(near) > 1
        clear = near.mean() < NEAR * far.mean() and (near < far).mean() > (near > far).mean() + 0.3
        bound = NEAR if len(near) >= SURE else NEARER if len(near) >= FEW else NEAREST
        if exact or (clear and near.mean() < bound * far.mean() and len(near) > 2):
            return answer
    return None


def _nearly_all(fitting: np.ndarray, numbers: np.ndarray) -> bool:
    present = ~np.isnan(numbers)
    return present.sum() > 1 and _most(fitting[present])


def _most(fitting: np.ndarray) -> bool:
    """Whether nearly all fit: of few, all; of thirty, all but one; of many, one in a hundred may be odd."""
    return int((~fitting).sum()) <= max(ODD * len(fitting), len(fitting) >= THIRTY)
