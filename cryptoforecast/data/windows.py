"""All windows of close series, and batches of them."""

import copy
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
import torch
from jaxtyping import Bool, Float32, Float64, Int64
from torch import Tensor
from torch.utils.data import Dataset

from cryptoforecast.data.series import CLOSE, CloseSeries
from cryptoforecast.data.times import in_nanoseconds
from cryptoforecast.data.window import Window as Window
from cryptoforecast.data.window import to_device as to_device

WINDOWS_AT_A_TIME = 1 << 16  # where all are looked at: temporaries for millions would need more memory than the closes


class WindowDataset(Dataset[Window]):
    """Every window of several close series, as views of one tensor of prices.

    Windows are numbered from 0, series by series, oldest first. A window lies in one series and contains no gap: a
    stretch of ``n`` closes without a gap has ``n - (context_length + horizon - 1)`` windows.

    Args:
        series: the series, each with the columns asked for.
        context_length: count of bars that a model sees.
        horizon: count of closes that it forecasts.
        columns: names of the channels; the first is what is forecast.
        across: whether each window has the bars of all series, which have the same times.

    Attributes:
        prices: ``(rows, channels)``, float64: the bars of all series, one series after the other, in the currency of
            each. Rows are counted over all series.
        times: ``(rows,)``, int64: the time of each bar, in UTC nanoseconds since 1970.
        names: the symbols of the series, in their order.
        states: ``(rows, states)``, float64: the states of baselines after each bar; None if no model asks for them.
        future: ``(rows, features)``, float32: what is known beforehand of the time of each bar; None likewise.

    Raises:
        KeyError: if a series lacks a column.

    >>> from cryptoforecast import SimulatedSource
    >>> windows = WindowDataset([SimulatedSource(rows=100).load()], context_length=30, horizon=7)
    >>> len(windows), windows[torch.tensor([0, 5])].target.shape
    (64, torch.Size([2, 7]))
    >>> windows.prices.shape, windows.times.dtype, windows.names
    (torch.Size([100, 1]), torch.int64, ['SIMULATED'])
    """

    def __init__(
        self, series: Sequence[CloseSeries], context_length: int, horizon: int, columns: Sequence[str] = (CLOSE,),
        across: bool = False,
    ) -> None:  # fmt: skip
        self._across = across
        self.names = [str(close_series.closes.name) for close_series in series]
        self.context_length = context_length
        self.horizon = horizon
        lengths = torch.tensor([len(close_series.closes) for close_series in series])
        self._ends = lengths.cumsum(0)  # of each series, the row after its last
        self.times = torch.empty(int(self._ends[-1]), dtype=torch.int64)
        self.prices = torch.empty(len(self.times), len(columns), dtype=torch.float64)
        runs = []
        for close_series, (begin, end) in zip(series, self.extents, strict=True):
            self.times.numpy()[begin:end] = stamps_of(close_series).asi8
            for channel, values in enumerate(_columns(close_series, columns)):
                self.prices.numpy()[begin:end, channel] = values
            runs.append(_even_runs(close_series, self.span) + np.array([[begin], [0]]))
        first, counts = np.concatenate(runs, axis=1)
        self._run_ends = torch.from_numpy(np.cumsum(counts))  # of each run of windows, the number after its last
        self._run_shifts = torch.from_numpy(first - np.cumsum(counts) + counts)  # from a window's number to its row
        self.states: Float64[Tensor, "rows states"] | None = None
        self.future: Float32[Tensor, "rows features"] | None = None
        self._with_times = False
        self._numbers_of: Callable[[Sequence[str]], Tensor] | None = None
        self._view()

    def _view(self) -> None:
        channels, rows, past = self.prices.shape[1], max(len(self.prices) - self.span + 1, 0), self.context_length
        self._contexts = self.prices.as_strided((rows, past, channels), (channels, channels, 1))
        self._targets = self.prices.as_strided((rows, self.horizon), (channels, channels), past * channels)
        self._context_times = self.times.as_strided((rows, past), (1, 1))
        if self.future is not None:
            wide = self.future.shape[1]
            self._futures = self.future.as_strided((rows, self.horizon, wide), (wide, wide, 1), past * wide)

    def with_states(self, states: Float64[Tensor, "rows states"] | None) -> "WindowDataset":
        """The same windows, each with the state of its origin, or with none."""
        followed = copy.copy(self)
        followed.states = states
        followed._view()
        return followed

    def with_arguments(
        self,
        times: bool = False,
        future: Float32[Tensor, "rows features"] | None = None,
        numbers_of: Callable[[Sequence[str]], Tensor] | None = None,
    ) -> "WindowDataset":
        """The same windows with further fields; this object if it has the same already.

        Args:
            times: whether windows have the times of their contexts.
            future: what is known beforehand of the time of each bar.
            numbers_of: tells the numbers that a model knows series by from their names, each time that it is called.
        """
        if (times, numbers_of) == (self._with_times, self._numbers_of) and future is self.future:
            return self
        given = copy.copy(self)
        given._with_times, given.future, given._numbers_of = times, future, numbers_of
        given._view()
        return given

    def to(self, device: torch.device) -> "WindowDataset":
        """The same windows with their prices on a device; this object if they are there already."""
        if self.prices.device == device:
            return self
        moved = copy.copy(self)
        for name in ("times", "prices", "_ends", "_run_ends", "_run_shifts", "states", "future"):
            tensor = getattr(self, name)
            setattr(moved, name, None if tensor is None else tensor.to(device))
        moved._view()
        return moved

    @property
    def span(self) -> int:
        """Count of bars in a window: ``context_length + horizon``."""
        return self.context_length + self.horizon

    @property
    def starts(self) -> Int64[Tensor, " windows"]:
        """The row of the first bar of each window."""
        return self.rows(torch.arange(len(self)))

    def __len__(self) -> int:
        return int(self._run_ends[-1]) if len(self._run_ends) else 0

    def __getitem__(self, positions: int | Int64[Tensor, " batch"]) -> Window:
        """The window with a number, or the windows with several numbers as one batch, on the device of ``prices``.

        Args:
            positions: a number from 0 to ``len(self) - 1``, or an int64 tensor of such.
        """
        if isinstance(positions, int):
            return Window(**{name: field[0] for name, field in self[torch.tensor([positions])].tensors().items()})
        rows = self.rows(positions.to(self.prices.device))
        origins = rows + self.context_length - 1
        series = torch.bucketize(rows, self._ends, right=True)
        numbers_of = self._numbers_of
        return Window(
            context=self._contexts.index_select(0, rows),
            target=self._targets.index_select(0, rows),
            origin=self.times.index_select(0, origins),
            series=series,
            state=None if self.states is None else self.states.index_select(0, origins),
            times=self._context_times.index_select(0, rows) if self._with_times else None,
            future=None if self.future is None else self._futures.index_select(0, rows),
            identity=None if numbers_of is None else numbers_of(self.names).to(series.device)[series],
            together=self._together(rows) if self._across else None,
        )

    def _together(self, rows: Int64[Tensor, " batch"]) -> Float64[Tensor, "batch series context_length channels"]:
        """The contexts of all series at the times of those that begin with some rows."""
        count, length = len(self.names), len(self.prices) // len(self.names)
        every = (rows % length).unsqueeze(1) + length * torch.arange(count, device=rows.device)
        return self._contexts.index_select(0, every.flatten()).view(len(rows), count, *self._contexts.shape[1:])

    def rows(self, positions: Int64[Tensor, " batch"]) -> Int64[Tensor, " batch"]:
        """The row in ``prices`` of the first bar of each window."""
        if len(self._run_shifts) == 1:  # closes without a gap: the lookup would take half the time
            return positions + self._run_shifts
        return positions + self._run_shifts.index_select(0, torch.bucketize(positions, self._run_ends, right=True))

    @property
    def extents(self) -> list[tuple[int, int]]:
        """The first row of each series and the row after its last."""
        return list(pairwise([0, *self._ends.tolist()]))

    def starting(self, row: int, until: int) -> Int64[Tensor, " windows"]:
        """The numbers of the windows whose first bar is in rows ``row`` to ``until - 1``, ascending."""
        first = self._starting_before(row)
        return torch.arange(first, max(self._starting_before(until), first))

    def _starting_before(self, row: int) -> int:
        """Count of the windows whose first bar comes before a row: the number of the first window from there on."""
        lengths = self._run_ends.diff(prepend=self._run_ends.new_zeros(1))
        first = self._run_ends - lengths + self._run_shifts
        return int(torch.minimum((row - first).clamp_min(0), lengths).sum())

    def target_times(self, positions: Int64[Tensor, " batch"]) -> Int64[Tensor, "batch horizon"]:
        """The times of the targets of some windows, in UTC nanoseconds."""
        return self.times[self.rows(positions).unsqueeze(-1) + torch.arange(self.context_length, self.span)]

    def series_of(self, positions: Int64[Tensor, " batch"]) -> Int64[Tensor, " batch"]:
        """The number of the series of each window, from 0."""
        return torch.bucketize(self.rows(positions), self._ends, right=True)

    def by_series(self, positions: Int64[Tensor, " windows"]) -> list[Int64[Tensor, " part"]]:
        """Split ascending numbers of windows by series; the parts are views."""
        edges = torch.tensor([self._starting_before(end) for _, end in self.extents[:-1]], dtype=torch.int64)
        return list(positions.tensor_split(torch.searchsorted(positions, edges)))

    def held_by(self, positions: Int64[Tensor, " windows"]) -> Bool[Tensor, " rows"]:
        """Whether each row of ``prices`` is in at least one of some windows, whose numbers are ascending."""
        held = torch.zeros(len(self.prices), dtype=torch.bool)
        for block in torch.split(positions, WINDOWS_AT_A_TIME) if len(positions) else ():
            rows = self.rows(block)
            first, count = int(rows[0]), int(rows[-1] - rows[0]) + self.span
            edges = torch.zeros(count + 1, dtype=torch.int32)
            edges[rows - first] += 1
            edges[rows - first + self.span] -= 1
            held[first : first + count] |= edges[:-1].cumsum(0, dtype=torch.int32) > 0
        return held


def channels_of(series: CloseSeries, columns: Sequence[str]) -> Float64[np.ndarray, "time channels"]:
    """A copy of a series' columns as ``(time, channels)``, float64, in the order asked for."""
    return np.stack(_columns(series, columns), axis=1)


def _columns(series: CloseSeries, columns: Sequence[str]) -> list[np.ndarray]:
    further = {} if series.others is None else {str(name): series.others[name] for name in series.others.columns}
    bars = {series.target: series.closes, **further}
    return [bars[name].to_numpy("float64") for name in columns]


def _even_runs(series: CloseSeries, span: int) -> Int64[np.ndarray, "2 runs"]:
    """The first row of each stretch without a gap that has windows, and the count of its windows."""
    first = np.concatenate([[0], series.interval.uneven(stamps_of(series)) + 1])
    counts = np.diff(first, append=len(series.closes)) - span + 1
    runs: np.ndarray = np.stack([first, counts])[:, counts > 0]
    return runs


def stamps_of(series: CloseSeries) -> pd.DatetimeIndex:
    """The times of a series' bars, in nanoseconds."""
    return in_nanoseconds(pd.DatetimeIndex(series.closes.index))
