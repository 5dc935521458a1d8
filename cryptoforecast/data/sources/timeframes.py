"""Timeframes as ccxt writes them, and the steps between bars that they promise."""

import re

import numpy as np
import pandas as pd

from cryptoforecast.data.checks import require_text
from cryptoforecast.data.grid import FEW
from cryptoforecast.data.sources.bar_cache import Step
from cryptoforecast.data.times import in_nanoseconds, say_duration, say_time
from cryptoforecast.errors import UserError

LENGTHS = {"s": "1s", "m": "1min", "h": "1h", "d": "1D", "w": "7D"}
MONTHS = {"M": 1, "y": 12, "Y": 12}


def step_of(timeframe: object) -> Step:
    """The time from one bar to the next; months have no length of their own.

    Raises:
        UserError: if the text is no timeframe.

    >>> step_of("15m"), step_of("1M")
    (Timedelta('0 days 00:15:00'), <DateOffset: months=1>)
    """
    require_text("data.source.timeframe", timeframe, "1h")
    parts = re.fullmatch(r"([1-9]\d{0,3})([smhdwMyY])", str(timeframe))
    if parts is None:
        raise UserError(f"data.source.timeframe is {timeframe!r}; write it as exchanges do, such as 15m, 1h, 1d or 1M.")
    count, unit = int(parts[1]), parts[2]
    return pd.DateOffset(months=count * MONTHS[unit]) if unit in MONTHS else count * pd.Timedelta(LENGTHS[unit])


def later(time: pd.Timestamp, step: Step, count: int) -> pd.Timestamp:
    """The time some steps later."""
    return time + step * count


def require_steps(symbol: str, vendor: str, timeframe: str, times: pd.DatetimeIndex) -> None:
    """See that bars are as far apart as their timeframe promises; some exchanges call another length by its name.

    Raises:
        UserError: naming the first two bars that are not.
    """
    step = step_of(timeframe)
    stamps = in_nanoseconds(times).asi8
    if isinstance(step, pd.Timedelta):
        off = np.diff(stamps) % step.value != 0
    else:
        months = times.year * 12 + times.month
        off = (np.diff(months) % step.months != 0) | (times[1:] != times[1:].normalize()) | (times[1:].day != 1)
    if not off.any() or off.mean() < FEW:  # stray stamps are looked at where those of all sources are
        return
    at = int(np.argmax(off))
    raise UserError(
        f"{symbol}: bars of {timeframe} that {vendor} gives are {say_duration(times[at + 1] - times[at])} apart, from "
        f"{say_time(times[at])} to {say_time(times[at + 1])}; choose another data.source.timeframe."
    )
