"""The first and the last day wanted of a vendor's bars."""

import pandas as pd

from cryptoforecast.data.cleaning.grid import A_DAY
from cryptoforecast.data.times import say_time, to_utc
from cryptoforecast.errors import UserError


class Days:
    """The first and the last day wanted, both included.

    Args:
        start: first day; None for the first that the vendor has.
        end: last day; None for the last bar that is over.

    Raises:
        UserError: if one is not a date, or the first comes after the last.
    """

    def __init__(self, start: str | None, end: str | None) -> None:
        self.start, self.end = start, end
        self.first, self.last = _day(start, "data.source.start"), _day(end, "data.source.end")
        if self.first and self.last and self.first > self.last:
            raise UserError(f"data.source.start is {start}, which is after data.source.end, {end}.")

    def select(self, bars: pd.DataFrame, symbol: str, vendor: str) -> pd.DataFrame:
        """The bars of these days.

        Raises:
            UserError: if there are none.
        """
        wanted = bars.loc[self.first : self.last and self.last + A_DAY - pd.Timedelta(1)]
        if not len(wanted):
            oldest, newest = say_time(bars.index[0]), say_time(bars.index[-1])
            raise UserError(
                f"{symbol}: {vendor} has closes from {oldest} to {newest}, and none between "
                f"data.source.start ({self.start or oldest}) and data.source.end ({self.end or newest})."
            )
        return wanted


def _day(date: str | None, setting: str) -> pd.Timestamp | None:
    return None if date is None else to_utc(date, setting).normalize()
