"""The gain of trading by forecast directions, and its break-even cost."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from cryptoforecast.evaluation.rows import first_step_rows


class Trading(NamedTuple):
    """The result of trading by a model's forecast directions, before costs.

    ``gain`` and ``gain_per_trade`` are shares of the invested money: 0.1 is ten percent. ``turnover`` is the number of
    trades, each of all the money. ``break_even`` is in basis points of a trade; None without trades.
    """

    gain: float
    turnover: int
    gain_per_trade: float | None
    break_even: float | None


def held_over_targets(rows: pd.DataFrame) -> float | None:
    """The gain of holding the coin over every first step there is, as a share: 0.1 is ten percent.

    Without gaps in time that is buying at the first close and selling at the last. Changes over gaps, where closes are
    missing, do not count.

    Args:
        rows: forecast rows of one model on one series.

    Returns:
        None if a close is not positive.
    """
    changes = _log_changes(first_step_rows(rows))
    return None if changes is None else float(np.expm1(changes.sum()))


def trade(rows: pd.DataFrame) -> Trading | None:
    """Trading by the rule: hold the coin for the next step if its close is forecast to rise, else dollars.

    A trade moves all the money at the last close of the context. Dollars earn no interest, and nothing is sold short.
    The gain per trade is the geometric mean over trades. The coin is sold at the last target and before every gap in
    time, since a forecast of the next close says nothing about the time after a gap.

    The break-even cost is the cost of a trade, in basis points of its volume, at which the rule is no better than the
    better one of holding over all targets and doing nothing. With the rule's gross log return R, that of holding B, and
    T trades it is 10,000 (1 - exp(-(R - max(B, 0)) / T)). It is negative if the rule loses before costs. Holding is not
    charged.

        closes 100 -> 110 -> 99 -> 108.9, forecasts up, down, up: R = 2 log 1.1, B = log 1.089, T = 4

    Args:
        rows: forecast rows of one model on one series; the first step of each origin is traded.

    Returns:
        None for a model that forecasts no direction, such as the random walk, and if a close is not positive.
    """
    first = first_step_rows(rows)
    changes, foreseen = _log_changes(first), (first["forecast"] - first["last"]).to_numpy()
    if changes is None or not foreseen.any():
        return None
    held = foreseen > 0
    gross = float(changes[held].sum())
    turnover = sum(_moves(held[segment]) for segment in first.groupby("segment").indices.values())
    if turnover == 0:
        return Trading(0.0, 0, None, None)
    advantage = gross - max(float(changes.sum()), 0.0)
    break_even = float(-np.expm1(-advantage / turnover)) * 10_000
    return Trading(float(np.expm1(gross)), turnover, float(np.expm1(gross / turnover)), break_even)


def _moves(held: np.ndarray) -> int:
    """The number of trades, from dollars to dollars."""
    return int(np.abs(np.diff(held.astype(int), prepend=0, append=0)).sum())


def _log_changes(first: pd.DataFrame) -> np.ndarray | None:
    last, actual = first["last"].to_numpy(), first["actual"].to_numpy()
    if not ((last > 0).all() and (actual > 0).all()):
        return None
    changes: np.ndarray = np.log(actual / last)
    return changes
