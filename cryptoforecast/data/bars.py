"""The bars of a series as the ladder of baselines reads them: closes, and High and Low wherever the source has them."""

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float64, Int64

from cryptoforecast.data.series import HIGH, LOW, CloseSeries
from cryptoforecast.data.sources.source import Source, load_one
from cryptoforecast.data.times import in_nanoseconds
from cryptoforecast.errors import DataNotice, UserError

FEWEST_FITS = 0.9  # of all bars, with High above Low; of a source where fewer do, neither is believed


class Bars(NamedTuple):
    """The bars of one series, oldest first.

    Attributes:
        symbol: the name of the series.
        times: UTC nanoseconds since 1970.
        closes: in the currency of the series.
        highs: None where the source has none; NaN at a bar where it is below Low.
        lows: in the same way.
        follows: whether a bar comes directly after the one before, without a gap; the first does not.
        trained: whether a bar lies in a training window: nothing else may be learned from.
    """

    symbol: str
    times: Int64[np.ndarray, " time"]
    closes: Float64[np.ndarray, " time"]
    highs: Float64[np.ndarray, " time"] | None
    lows: Float64[np.ndarray, " time"] | None
    follows: Bool[np.ndarray, " time"]
    trained: Bool[np.ndarray, " time"]


def bars_of(series: CloseSeries, source: Source) -> Bars:
    """The bars of a series, with High and Low wherever its source has them, also where no model asked for them.

    Args:
        series: the series, cut to the days wanted.
        source: where it came from; it is asked once more, for High and Low, if the series lacks them.

    Returns:
        The bars, none of them marked as trained.
    """
    times = in_nanoseconds(pd.DatetimeIndex(series.closes.index))
    follows = np.ones(len(times), dtype=bool)
    follows[0] = False
    follows[series.interval.uneven(times) + 1] = False
    ranges = _ranges(series, source)
    highs, lows = (None, None) if ranges is None else (ranges[name].to_numpy("float64") for name in (HIGH, LOW))
    closes = series.closes.to_numpy("float64")
    return Bars(str(series.closes.name), times.asi8, closes, highs, lows, follows, np.zeros(len(closes), dtype=bool))


def mark_trained(bars: Sequence[Bars], trained: Bool[np.ndarray, " rows"] | None) -> list[Bars]:
    """The bars of all series, of which those in training windows are marked.

    Args:
        bars: of each series.
        trained: whether each bar lies in a training window, one series after the other; None for none.
    """
    if trained is None:
        return list(bars)
    parts = np.split(trained, np.cumsum([len(series.closes) for series in bars])[:-1])
    return [series._replace(trained=part) for series, part in zip(bars, parts, strict=True)]


def _ranges(series: CloseSeries, source: Source) -> pd.DataFrame | None:
    """High and Low of the bars of a series; None where its source has none that fit its closes."""
    ranges = series.others
    if ranges is None or not {HIGH, LOW} <= set(ranges.columns):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DataNotice)  # of the closes, given when they were loaded
                loaded = load_one(source, (HIGH, LOW))
        except UserError:
            return None
        aligned = loaded.closes.reindex(series.closes.index)
        if loaded.others is None or not np.array_equal(aligned.to_numpy(), series.closes.to_numpy()):
            return None
        ranges = loaded.others.loc[series.closes.index]
    fits = (ranges[HIGH] >= ranges[LOW]) & (ranges[LOW] > 0)
    return ranges[[HIGH, LOW]].where(fits) if fits.mean() >= FEWEST_FITS else None
