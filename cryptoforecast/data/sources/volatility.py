"""Volatility as a series: range-based estimates of each bar, or realised volatility of each day, of another source."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, get_args

import numpy as np
import pandas as pd

from cryptoforecast.data.argument_checks import require_choice
from cryptoforecast.data.cleaning.clean import RawRows, to_close_series
from cryptoforecast.data.series import CloseSeries, Gaps, GapsFound
from cryptoforecast.data.sources.source import Source, load_one, require_source
from cryptoforecast.data.times import say_time
from cryptoforecast.errors import UserError

Estimator = Literal["parkinson", "garman_klass", "realised"]
FURTHER: dict[str, tuple[str, ...]] = {  # columns beside Close
    "parkinson": ("High", "Low"),
    "garman_klass": ("Open", "High", "Low"),
    "realised": (),
}
IN_WORDS = {
    "parkinson": "Parkinson's estimate from High and Low of each bar",
    "garman_klass": "Garman and Klass' estimate from Open, High, Low and Close of each bar",
    "realised": "the root of the sum of squared log changes of the closes of each UTC day",
}
DAY = pd.Timedelta("1D")
DAYS_LISTED = 5


class VolatilitySource(Source):
    """The volatility of another source's closes, as a series of its own.

    A volatility is a standard deviation of the log change over one bar of the series: a share, 0.02 is 2 %.

    ``parkinson``
        the root of ``log(High / Low)² / (4 log 2)``.
    ``garman_klass``
        the root of ``log(High / Low)² / 2 - (2 log 2 - 1) log(Close / Open)²``.
    ``realised``
        the root of the sum of the squared log changes from close to close within a UTC day, from bars that are shorter
        than a day, such as those of an hour: of 24 closes and the last of the day before. The series has daily bars.

    Bars without a range, whose volatility would be zero, are missing bars, and so are days that lack a close.

    Args:
        source: where the bars come from.
        estimator: how volatility is estimated.
        gaps: what missing bars mean, as for :class:`CsvSource`; ``ffill`` is no choice, since a volatility that is
            repeated was never seen.

    Raises:
        UserError: if an argument cannot be used.

    References:
        Parkinson (1980), The Extreme Value Method for Estimating the Variance of the Rate of Return, Journal of
        Business 53(1), 61-65.
        Garman and Klass (1980), On the Estimation of Security Price Volatilities from Historical Data, Journal of
        Business 53(1), 67-78.
        Andersen, Bollerslev, Diebold and Labys (2003), Modeling and Forecasting Realized Volatility, Econometrica
        71(2), 579-625.

    >>> from cryptoforecast import SimulatedSource
    >>> hourly = SimulatedSource(rows=241, interval="1h")
    >>> series = VolatilitySource(hourly, "realised").load()
    >>> series.quantity, len(series.closes), str(series.interval)
    ('volatility', 9, '1 day')
    """

    def __init__(self, source: Source, estimator: Estimator = "parkinson", gaps: Gaps = "error") -> None:
        require_source("data.source.source", source)
        require_choice("data.source.estimator", estimator, get_args(Estimator))
        require_choice("data.source.gaps", gaps, [name for name in get_args(Gaps) if name != "ffill"])
        self.source, self.estimator, self.gaps = source, estimator, gaps

    def load(self, columns: Sequence[str] = ()) -> CloseSeries:
        """Load the other source, and estimate the volatility of its bars or days.

        Args:
            columns: further columns wanted; a series of volatility has none.

        Raises:
            UserError: if the other source cannot be loaded, lacks a column, or has bars of a day or more where shorter
                ones are needed.
            GapsFound: naming bars without a volatility, if ``gaps`` is ``error``.
        """
        series = load_one(self.source, FURTHER[self.estimator])
        values, notes = _realised(series) if self.estimator == "realised" else _of_bars(series, self.estimator)
        symbol = f"{series.closes.name} volatility"
        raw = RawRows(
            symbol=symbol,
            times=pd.DatetimeIndex(values.index),
            values=values.to_numpy(),
            source=f"{type(self).__name__} of {series.provenance.source}",
            files=series.provenance.files,
            simulated=series.provenance.simulated,
            notes=notes,
            format=f"volatility of {series.closes.name}: {IN_WORDS[self.estimator]}",
            interval=None if self.estimator == "realised" else series.interval,
        )
        try:
            loaded = to_close_series(raw, self.gaps)
            provenance = replace(loaded.provenance, notes=(*series.provenance.notes, *loaded.provenance.notes))
            return loaded._replace(provenance=provenance, quantity="volatility")
        except GapsFound as found:
            sentence = str(found).rstrip(".")
            further = f" {' '.join(notes)}" if notes else ""
            raise GapsFound(f"{sentence}.{further}", found.series._replace(quantity="volatility")) from None

    def prices(self) -> pd.Series:
        """The closes at the times of the volatilities: of each bar, or the last of each day."""
        closes = load_one(self.source, ()).closes
        if self.estimator != "realised":
            return closes
        days = pd.DatetimeIndex(closes.index).floor("D")
        last: pd.Series = closes.groupby(days).last()
        return last


def _of_bars(series: CloseSeries, estimator: str) -> tuple[pd.Series, list[str]]:
    """The estimates of all bars, NaN where they are not above zero."""
    assert series.others is not None
    bars = series.others
    if (wrong := (bars["High"] < bars["Low"]) | (bars["Low"] <= 0)).any():
        raise UserError(
            f"{series.closes.name}: on {say_time(wrong.idxmax())} the high is {bars['High'][wrong].iloc[0]:g} and the "
            f"low {bars['Low'][wrong].iloc[0]:g}; a range takes a high that is not below a positive low."
        )
    spread = np.square(np.log(bars["High"] / bars["Low"]))
    if estimator == "parkinson":
        variance = spread / (4 * np.log(2))
    else:
        change = np.square(np.log(series.closes / bars["Open"]))
        variance = spread / 2 - (2 * np.log(2) - 1) * change
    still = ~(variance > 0)
    notes = [f"bars without a range have no volatility: {_listed(variance.index[still])}."] if still.any() else []
    return np.sqrt(variance.where(~still)), notes


def _realised(series: CloseSeries) -> tuple[pd.Series, list[str]]:
    """The estimates of all UTC days that have every close; NaN for days within the series that lack one."""
    times = pd.DatetimeIndex(series.closes.index)
    apart = times.to_series().diff().min()
    if not (apart < DAY and DAY % apart == pd.Timedelta(0)):
        raise UserError(
            f"{series.closes.name}: the bars are {series.interval} apart; realised volatility takes bars of which a "
            "whole number make a day, such as hourly ones: name such a file, or set data.source.estimator parkinson."
        )
    squares = np.square(np.log(series.closes).diff().where(times.to_series().diff() == apart))
    by_day = squares.groupby(times.floor("D"))
    whole = by_day.count() == DAY // apart
    if not whole.any():
        raise UserError(f"{series.closes.name}: no UTC day has all of its {DAY // apart} changes.")
    days = pd.date_range(whole.index[whole][0], whole.index[whole][-1], freq="D")
    values = np.sqrt(by_day.sum().where(whole & (by_day.sum() > 0)).reindex(days))
    missing = days[values.isna()]
    notes = [f"days that lack a close of a bar have no volatility: {_listed(missing)}."] if len(missing) else []
    return values, notes


def _listed(times: pd.DatetimeIndex) -> str:
    further = f" and {len(times) - DAYS_LISTED:,} more" if len(times) > DAYS_LISTED else ""
    return ", ".join(say_time(time) for time in times[:DAYS_LISTED]) + further
