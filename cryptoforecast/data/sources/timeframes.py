"""Timeframes as ccxt writes them, as intervals."""

import re

import pandas as pd

from cryptoforecast.data.argument_checks import require_text
from cryptoforecast.data.calendar_interval import Months
from cryptoforecast.data.cleaning.grid import MOST_OFF_GRID
from cryptoforecast.data.interval import FixedStep, Interval
from cryptoforecast.data.times import in_nanoseconds, say_time
from cryptoforecast.errors import UserError

LENGTHS = {"s": "1s", "m": "1min", "h": "1h", "d": "1D", "w": "7D"}
MONTHS = {"M": 1, "y": 12, "Y": 12}


def step_of(timeframe: object) -> Interval:
    """The interval of a timeframe.

    Raises:
        UserError: if the text is not a timeframe.

    >>> str(step_of("15m")), str(step_of("1M"))
    ('15 minutes', '1 month')
    """
    require_text("data.source.timeframe", timeframe, "1h")
    parts = re.fullmatch(r"([1-9]\d{0,3})([smhdwMyY])", str(timeframe))
    if parts is None:
        raise UserError(f"data.source.timeframe is {timeframe!r}; write it as exchanges do, such as 15m, 1h, 1d or 1M.")
    count, unit = int(parts[1]), parts[2]
    return Months(count * MONTHS[unit]) if unit in MONTHS else FixedStep(count * pd.Timedelta(LENGTHS[unit]).value)


def require_steps(symbol: str, vendor: str, timeframe: str, times: pd.DatetimeIndex) -> None:
    """Check that bars are as far apart as their timeframe says; some exchanges give bars of another length.

    Raises:
        UserError: naming the first two bars that are not.
    """
    step, times = step_of(timeframe), in_nanoseconds(times)
    uneven = step.uneven(times)
    off = uneven[step.off_grid(times, uneven)]
    if len(off) < max(MOST_OFF_GRID * len(times), 1):  # a few stamps off the grid are left to the cleaning
        return
    before, after = times[off[0]], times[off[0] + 1]
    raise UserError(
        f"{symbol}: bars of {timeframe} that {vendor} gives are {FixedStep((after - before).value)} apart, from "
        f"{say_time(before)} to {say_time(after)}; choose another data.source.timeframe."
    )
