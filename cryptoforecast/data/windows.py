"""Windows over close series."""

import copy
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from jaxtyping import Bool, Float64, Int64
from torch import Tensor
from torch.utils.data import Dataset

from cryptoforecast.data.series import CLOSE, CloseSeries
from cryptoforecast.data.times import in_nanoseconds

BLOCK = 1 << 16  # windows looked at at a time where all are: temporaries of millions would outweigh the closes


class Window(NamedTuple):
    """What a model sees and what it is to say, one window or a whole batch.

    Prices are in the series' own currency. Channel 0 of the context is the close, further channels are further
    columns. ``origin`` is the time of the last close seen, in UTC nanoseconds; ``series`` is the number of the
    series the window was cut from.

    >>> from cryptoforecast import SimulatedSource
    >>> window = WindowDataset([SimulatedSource(rows=100).load()], context_length=30, horizon=7)[0]
    >>> window.context.shape, window.target.shape
    (torch.Size([30, 1]), torch.Size([7]))
    """

    context: Float64[Tensor, "*batch context_length channels"]
    target: Float64[Tensor, "*batch horizon"]
    origin: Int64[Tensor, "*batch"]
    series: Int64[Tensor, "*batch"]


def to_device(window: Window, device: torch.device) -> Window:
    """Move a batch; prices stay float64 but on Apple's GPUs, which have no such numbers."""
    if window.context.device == device:
        return window
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

    >>> from cryptoforecast import SimulatedSource
    >>> windows = WindowDataset([SimulatedSource(rows=100).load()], context_length=30, horizon=7)
    >>> len(windows), windows[torch.tensor([0, 5])].target.shape
    (64, torch.Size([2, 7]))
    """

    def __init__(
        self, series: Sequence[CloseSeries], context_length: int, horizon: int, columns: Sequence[str] = (CLOSE,)
    ) -> None:
        self.names = [str(close_series.closes.name) for close_series in series]
        self.context_length = context_length
        self.horizon = horizon
        lengths = torch.tensor([len(close_series.closes) for close_series in series])
        self._ends = lengths.cumsum(0)  # of each series, the row after its last
        self.times = torch.empty(int(self._ends[-1]), dtype=torch.int64)
        self.prices = torch.empty(len(self.times), len(columns), dtype=torch.float64)
        runs = []
        for close_series, (begin, end) in zip(series, self.extents, strict=True):
            self.times.numpy()[begin:end] = _times(close_series).asi8
            for channel, values in enumerate(_columns(close_series, columns)):
                self.prices.numpy()[begin:end, channel] = values
            runs.append(_even_runs(close_series, self.span) + np.array([[begin], [0]]))
        first, counts = np.concatenate(runs, axis=1)
        self._run_ends = torch.from_numpy(np.cumsum(counts))  # of each run of windows, the number after its last
        self._run_shifts = torch.from_numpy(first - np.cumsum(counts) + counts)  # from a window's number to its row
        self._view()

    def _view(self) -> None:
        channels, rows, past = self.prices.shape[1], max(len(self.prices) - self.span + 1, 0), self.context_length
        self._contexts = self.prices.as_strided((rows, past, channels), (channels, channels, 1))
        self._targets = self.prices.as_strided((rows, self.horizon), (channels, channels), past * channels)

    def to(self, device: torch.device) -> "WindowDataset":
        """The same windows, gathered on another device; these ones, if they are there already."""
        if self.prices.device == device:
            return self
        moved = copy.copy(self)
        for name in ("times", "prices", "_ends", "_run_ends", "_run_shifts"):
            setattr(moved, name, getattr(self, name).to(device))
        moved._view()
        return moved

    @property
    def span(self) -> int:
        """Closes that a window takes."""
        return self.context_length + self.horizon

    @property
    def starts(self) -> Int64[Tensor, " windows"]:
        """Of each window, the row of its first close."""
        return self.rows(torch.arange(len(self)))

    def __len__(self) -> int:
        return int(self._run_ends[-1]) if len(self._run_ends) else 0

    def __getitem__(self, positions: int | Int64[Tensor, " batch"]) -> Window:
        """The window at one position, or the windows at many as one batch, on the device where the prices are."""
        if isinstance(positions, int):
            return Window(*(field[0] for field in self[torch.tensor([positions])]))
        rows = self.rows(positions.to(self.prices.device))
        return Window(
            context=self._contexts.index_select(0, rows),
            target=self._targets.index_select(0, rows),
            origin=self.times.index_select(0, rows + self.context_length - 1),
            series=torch.bucketize(rows, self._ends, right=True),
        )

    def rows(self, positions: Int64[Tensor, " batch"]) -> Int64[Tensor, " batch"]:
        """The row of each window's first close."""
        if len(self._run_shifts) == 1:  # as of closes without a gap, where looking for it would take half the time
            return positions + self._run_shifts
        return positions + self._run_shifts.index_select(0, torch.bucketize(positions, self._run_ends, right=True))

    @property
    def extents(self) -> list[tuple[int, int]]:
        """Of each series, its first row and the one after its last."""
        return list(pairwise([0, *self._ends.tolist()]))

    def starting(self, row: int, until: int) -> Int64[Tensor, " windows"]:
        """The windows whose first close lies in a row from one to before another, ascending."""
        first = self._starting_before(row)
        return torch.arange(first, max(self._starting_before(until), first))

    def _starting_before(self, row: int) -> int:
        """How many windows have their first close before a row, which is the number of the next one."""
        lengths = self._run_ends.diff(prepend=self._run_ends.new_zeros(1))
        first = self._run_ends - lengths + self._run_shifts
        return int(torch.minimum((row - first).clamp_min(0), lengths).sum())

    def target_times(self, positions: Int64[Tensor, " batch"]) -> Int64[Tensor, "batch horizon"]:
        """When each target closes, in UTC nanoseconds."""
        return self.times[self.rows(positions).unsqueeze(-1) + torch.arange(self.context_length, self.span)]

    def series_of(self, positions: Int64[Tensor, " batch"]) -> Int64[Tensor, " batch"]:
        """The number of the series that each window was cut from."""
        return torch.bucketize(self.rows(positions), self._ends, right=True)

    def by_series(self, positions: Int64[Tensor, " windows"]) -> list[Int64[Tensor, " own"]]:
        """Ascending windows, those of each series by themselves; not copied."""
        edges = torch.tensor([self._starting_before(end) for _, end in self.extents[:-1]], dtype=torch.int64)
        return list(positions.tensor_split(torch.searchsorted(positions, edges)))

    def held_by(self, positions: Int64[Tensor, " windows"]) -> Bool[Tensor, " rows"]:
        """Whether each row of ``prices`` and ``times`` is in at least one of some windows, which are ascending."""
        held = torch.zeros(len(self.prices), dtype=torch.bool)
        for block in torch.split(positions, BLOCK) if len(positions) else ():
            rows = self.rows(block)
            first, count = int(rows[0]), int(rows[-1] - rows[0]) + self.span
            edges = torch.zeros(count + 1, dtype=torch.int32)
            edges[rows - first] += 1
            edges[rows - first + self.span] -= 1
            held[first : first + count] |= edges[:-1].cumsum(0, dtype=torch.int32) > 0
        return held


def channels_of(series: CloseSeries, columns: Sequence[str]) -> Float64[np.ndarray, "time channels"]:
    """A copy of a series' columns side by side, in the order asked for."""
    return np.stack(_columns(series, columns), axis=1)


def last_windows(series: Sequence[CloseSeries], context_length: int, horizon: int, columns: Sequence[str]) -> Window:
    """The last window of each series, up to its last bar; targets are not known yet, and are NaN."""
    contexts = [torch.from_numpy(channels_of(close_series, columns)[-context_length:]) for close_series in series]
    origins = torch.tensor([int(_times(close_series).asi8[-1]) for close_series in series])
    unknown = torch.full((len(contexts), horizon), torch.nan, dtype=torch.float64)
    return Window(torch.stack(contexts), unknown, origins, torch.arange(len(contexts)))


def _columns(series: CloseSeries, columns: Sequence[str]) -> list[np.ndarray]:
    further = {} if series.others is None else {str(name): series.others[name] for name in series.others.columns}
    bars = {CLOSE: series.closes, **further}
    return [bars[name].to_numpy("float64") for name in columns]


def even_length(series: CloseSeries) -> int:
    """How many closes there are up to the last one without a gap between them."""
    uneven = series.interval.uneven(_times(series))
    return len(series.closes) - (int(uneven[-1]) + 1 if len(uneven) else 0)


def _even_runs(series: CloseSeries, span: int) -> Int64[np.ndarray, "2 runs"]:
    """Of each stretch of closes without a gap between them that has windows: its first row, and how many it has."""
    first = np.concatenate([[0], series.interval.uneven(_times(series)) + 1])
    counts = np.diff(first, append=len(series.closes)) - span + 1
    runs: np.ndarray = np.stack([first, counts])[:, counts > 0]
    return runs


def _times(series: CloseSeries) -> pd.DatetimeIndex:
    return in_nanoseconds(pd.DatetimeIndex(series.closes.index))
