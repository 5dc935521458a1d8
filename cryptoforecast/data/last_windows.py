"""Windows that end with the last bar, whose targets are not known yet."""

from collections.abc import Sequence

import torch

from cryptoforecast.data.series import CloseSeries
from cryptoforecast.data.windows import Window, channels_of, stamps_of


def last_windows(series: Sequence[CloseSeries], context_length: int, horizon: int, columns: Sequence[str]) -> Window:
    """A batch of one window per series whose context ends with the last bar; its targets are NaN.

    Args:
        series: the series, each with ``context_length`` bars or more.
        context_length: count of bars that a model sees.
        horizon: count of closes that it forecasts.
        columns: names of the channels, ``Close`` first.
    """
    contexts = [torch.from_numpy(channels_of(close_series, columns)[-context_length:]) for close_series in series]
    origins = torch.tensor([int(stamps_of(close_series).asi8[-1]) for close_series in series])
    unknown = torch.full((len(contexts), horizon), torch.nan, dtype=torch.float64)
    return Window(torch.stack(contexts), unknown, origins, torch.arange(len(contexts)))


def even_length(series: CloseSeries) -> int:
    """Count of the last closes of a series that have no gap between them."""
    uneven = series.interval.uneven(stamps_of(series))
    return len(series.closes) - (int(uneven[-1]) + 1 if len(uneven) else 0)
