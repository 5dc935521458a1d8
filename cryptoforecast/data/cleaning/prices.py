"""Checks that prices are positive, volumes not negative and other columns finite."""

from collections.abc import Collection

import numpy as np
import pandas as pd

from cryptoforecast.data.series import CLOSE, VOLUME
from cryptoforecast.data.times import say_time
from cryptoforecast.errors import UserError


def drop_zeros_before_trading(bars: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    """Leave out rows with a close of 0 before the first trade, as some vendors write; a later 0 stays an error."""
    closes = bars[CLOSE].to_numpy()
    if not (closes == 0).any() or not (traded := closes > 0).any():
        return bars
    first = bars.index[traded].min()
    before = (closes == 0) & (bars.index < first)
    if not before.any():
        return bars
    notes.append(f"the close is 0 before the first trade at {say_time(first)}; rows left out: {before.sum()}.")
    return bars[~before]


def require_prices(symbol: str, bars: pd.DataFrame, prices: Collection[str]) -> None:
    """Check that prices are positive, volumes not negative and other columns finite; empty cells pass.

    Args:
        symbol: name of the series.
        bars: the columns.
        prices: the names of those that are positive.

    Raises:
        UserError: naming series, time and value.
    """
    for name, values in bars.items():
        numbers = values.to_numpy()
        if numbers.min() > 0 and numbers.max() < np.inf:  # false where a cell is NaN
            continue
        least = 0 if name == VOLUME else -np.inf
        allowed = np.isnan(numbers) | ((numbers > 0 if name in prices else numbers >= least) & np.isfinite(numbers))
        if allowed.all():
            continue
        first, further_cases = int(np.argmin(allowed)), int((~allowed).sum()) - 1
        rule = "volumes are not negative" if name == VOLUME else "a column of a series has finite numbers"
        rule = f"{str(name).lower()}s are positive numbers" if name in prices else rule
        raise UserError(
            f"{symbol}: the {str(name).lower()} at {say_time(bars.index[first])} is {numbers[first]:g}"
            f"{and_more(further_cases)}; {rule}."
        )


def and_more(count: int) -> str:
    """The count of further cases of an error, in brackets; empty if it is 0."""
    return f" (and {count:,} more)" if count else ""
