"""What a forecast would have earned, and what trading may cost before it earns nothing."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from cryptoforecast.evaluation.rows import first_step_rows


class Trading(NamedTuple):
    """What came of trading by a model's directions.

    ``gain`` and ``gain_per_trade`` are gross, as shares of the money put in: 0.1 is ten percent. ``turnover`` counts
    trades, each of all the money; ``break_even`` is in basis points of each, None where nothing is traded.
    """

    gain: float
    turnover: int
    gain_per_trade: float | None
    break_even: float | None


def held_over_targets(rows: pd.DataFrame) -> float | None:
    """The gain of holding the coin over every first step there is, as a share: 0.1 is ten percent.

    Without holes in time it is that of buying at the first close and selling at the last. What the coin did while
    there were no targets, as between closes that are missing, is no part of it.

    Args:
        rows: forecast rows of one model on one series.

    Returns:
        None where a close is not positive.
    """
    changes = _log_changes(first_step_rows(rows))
    return None if changes is None else float(np.expm1(changes.sum()))


def trade(rows: pd.DataFrame) -> Trading | None:
    """Hold the coin for the next step where its close is forecast to rise, and dollars where it is not.

    All the money goes in or out at the last close seen; dollars earn nothing and nothing is sold short. A trade is
    one such move, and gross gain per trade is the geometric mean over trades. Where targets end, at the last one and
    before every hole in time, the coin is sold: nobody who forecasts the next close holds it over a hole.

    The break-even cost is the cost of a trade, in basis points of what is traded, at which the advantage of the rule
    over the better of the two that need no forecast is gone: holding over all targets, and staying out. With the
    rule's gross log return R, that of holding B and T trades it is 10,000 (1 - exp(-(R - max(B, 0)) / T)). Where it
    is negative, trading would have to be paid for. The trades of holding are not charged.

        closes 100 -> 110 -> 99 -> 108.9, forecasts up, down, up: R = 2 log 1.1, B = log 1.089, T = 4

    Args:
        rows: forecast rows of one model on one series; the first step of each origin is traded.

    Returns:
        None of a model that calls no direction, as the random walk does, and where a close is not positive.
    """
    first = first_step_rows(rows)
    changes, foreseen = _log_changes(first), (first["forecast"] - first["last"]).to_numpy()
    if changes is None or not foreseen.any():
        return None
    held = foreseen > 0
    gross = float(changes[held].sum())
    turnover = sum(_moves(held[stretch]) for stretch in first.groupby("stretch").indices.values())
    if turnover == 0:
        return Trading(0.0, 0, None, None)
    advantage = gross - max(float(changes.sum()), 0.0)
    break_even = float(-np.expm1(-advantage / turnover)) * 10_000
    return Trading(float(np.expm1(gross)), turnover, float(np.expm1(gross / turnover)), break_even)


def _moves(held: np.ndarray) -> int:
    """How often money goes in or out, from dollars to dollars."""
    return int(np.abs(np.diff(held.astype(int), prepend=0, append=0)).sum())


def _log_changes(first: pd.DataFrame) -> np.ndarray | None:
    last, actual = first["last"].to_numpy(), first["actual"].to_numpy()
    if not ((last > 0).all() and (actual > 0).all()):
        return None
    changes: np.ndarray = np.log(actual / last)
    return changes
