"""Windows over close series."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float64, Int64
from torch import Tensor
from torch.utils.data import Dataset

from cryptoforecast.data.series import CLOSE, CloseSeries


class Window(NamedTuple):
    """What a model sees and what it is to say, one window or a whole batch.

    Prices are in the series' own currency. Channel 0 of the context is the close, further channels are further
    columns. ``origin`` is the time of the last close seen, in UTC nanoseconds; ``series`` is the number of the
    series the window was cut from.
    """

    context: Float64[Tensor, "*batch context_length channels"]
    target: Float64[Tensor, "*batch horizon"]
    origin: Int64[Tensor, "*batch"]
    series: Int64[Tensor, "*batch"]


def to_device(window: Window, device: torch.device) -> Window:
    """Move a batch; prices stay float64 but on Apple's GPUs, which have no such numbers."""
    if device.type == "mps":
        window = window._replace(context=window.context.float(), target=window.target.float())
    without_waiting = device.type == "cuda"  # elsewhere the copy may be read before it is there
    return Window(*(field.to(device, non_blocking=without_waiting) for field in window))


class WindowDataset(Dataset[Window]):
    """Every window of some close series, as views: no window is stored.

    The series lie one after the other in one tensor of prices. A window lies in one of them, and all its steps are
    of one interval: none straddles a gap. A stretch of closes without a gap has as many windows as it has closes,
    less ``context_length + horizon - 1``. Windows are numbered from 0, series by series, oldest first.

    Args:
        series: the series, each with the columns asked for.
        context_length: count of bars a model sees.
        horizon: count of closes it forecasts.
        columns: what the channels are; the first is the close.
    """

    def __init__(
        self, series: Sequence[CloseSeries], context_length: int, horizon: int, columns: Sequence[str] = (CLOSE,)
    ) -> None:
        self.names = [str(one.closes.name) for one in series]
        self.context_length = context_length
        self.horizon = horizon
        self.times = torch.from_numpy(np.concatenate([_nanoseconds(one) for one in series]))
        self.prices = torch.from_numpy(np.concatenate([channels_of(one, columns) for one in series]))
        ends = np.cumsum([len(one.closes) for one in series])
        self._ends = torch.from_numpy(ends)
        offsets = ends - [len(one.closes) for one in series]
        self.starts = torch.from_numpy(  # of each window, the row of its first close
            np.concatenate([offset + _even_starts(one, self.span) for offset, one in zip(offsets, series, strict=True)])
        )
        channels, rows = self.prices.shape[1], max(len(self.prices) - self.span + 1, 0)
        self._contexts = self.prices.as_strided((rows, context_length, channels), (channels, channels, 1))
        self._targets = self.prices.as_strided((rows, horizon), (channels, channels), context_length * channels)

    @property
    def span(self) -> int:
        """Closes that a window takes."""
        return self.context_length + self.horizon

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, positions: int | Int64[Tensor, " batch"]) -> Window:
        """The window at one position, or the windows at many as one batch."""
        if isinstance(positions, int):
            return Window(*(field[0] for field in self[torch.tensor([positions])]))
        rows = self.starts.index_select(0, positions)
        return Window(
            context=self._contexts.index_select(0, rows),
            target=self._targets.index_select(0, rows),
            origin=self.times.index_select(0, rows + self.context_length - 1),
            series=torch.bucketize(rows, self._ends, right=True),
        )

    def target_times(self, positions: Int64[Tensor, " batch"]) -> Int64[Tensor, "batch horizon"]:
        """When each target closes, in UTC nanoseconds."""
        return self.times[self.starts[positions].unsqueeze(-1) + torch.arange(self.context_length, self.span)]

    def series_of(self, positions: Int64[Tensor, " batch"]) -> Int64[Tensor, " batch"]:
        """The number of the series that each window was cut from."""
        return torch.bucketize(self.starts[positions], self._ends, right=True)

    def rows_of(self, positions: Int64[Tensor, " batch"]) -> Int64[Tensor, " rows"]:
        """The rows of ``prices`` and ``times`` that at least one of the windows holds, ascending."""
        edges = torch.zeros(len(self.prices) + 1, dtype=torch.int64)
        edges[self.starts[positions]] += 1
        edges[self.starts[positions] + self.span] -= 1
        return edges.cumsum(0).nonzero().squeeze(1)


def channels_of(series: CloseSeries, columns: Sequence[str]) -> Float64[np.ndarray, "time channels"]:
    """A copy of a series' columns side by side, in the order asked for."""
    others = {} if series.others is None else {str(name): series.others[name] for name in series.others.columns}
    bars = {CLOSE: series.closes, **others}
    return np.stack([bars[name].to_numpy("float64") for name in columns], axis=1)


def even_length(series: CloseSeries) -> int:
    """How many closes there are up to the last one without a gap between them."""
    uneven = np.flatnonzero(np.diff(_nanoseconds(series)) != series.interval.value)
    return len(series.closes) - (int(uneven[-1]) + 1 if len(uneven) else 0)


def _even_starts(series: CloseSeries, span: int) -> Int64[np.ndarray, " windows"]:
    """The positions of closes that are followed by enough others, each one interval after the one before."""
    gaps = np.diff(_nanoseconds(series)) != series.interval.value
    before = np.concatenate([[0], np.cumsum(gaps)])  # gaps before each close; two steps may make up for each other
    count = max(len(before) - span + 1, 0)
    return np.flatnonzero(before[span - 1 :][:count] == before[:count])


def _nanoseconds(series: CloseSeries) -> Int64[np.ndarray, " time"]:
    nanoseconds: np.ndarray = pd.DatetimeIndex(series.closes.index).as_unit("ns").asi8
    return nanoseconds
