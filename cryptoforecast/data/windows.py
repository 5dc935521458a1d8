"""Windows over a close series, and the cutting of folds."""

import warnings
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float64, Int64
from torch import Tensor
from torch.utils.data import Dataset

from cryptoforecast.data.times import say_time, to_utc
from cryptoforecast.errors import DataNotice, UserError

Border = int | float | str
YEARS = range(2009, 2050)  # as a count of closes, such a number is suspicious


class Window(NamedTuple):
    """What a model sees and what it is to say, one window or a whole batch.

    Prices are in the series' own currency. Channel 0 of the context is the close. ``origin`` is the time of the
    last close seen, in UTC nanoseconds; ``series`` is the number of the series the window was cut from.
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


class Fold(NamedTuple):
    """One cut into training, validation and test: three ranges of windows, oldest first.

    No close is a target in two of them; contexts may reach back across a border, as in life.
    """

    train: range
    val: range
    test: range


class WindowDataset(Dataset[Window]):
    """Every window of one close series, as views: no window is stored.

    There are ``len(closes) - context_length - horizon + 1``, numbered by the position of their first close.

    Args:
        closes: the series, at even steps.
        context_length: count of closes a model sees.
        horizon: count of closes it forecasts.
        series: number of the series, written into each window.
    """

    def __init__(self, closes: pd.Series, context_length: int, horizon: int, series: int = 0) -> None:
        self.name = str(closes.name)
        self.context_length = context_length
        self.horizon = horizon
        self.series = series
        self.times = torch.from_numpy(pd.DatetimeIndex(closes.index).as_unit("ns").asi8.copy())
        self.prices = torch.from_numpy(closes.to_numpy("float64", copy=True)).unsqueeze(-1)  # (time, channels)
        self._contexts = self.prices.unfold(0, context_length, 1)  # (window, channels, context_length)
        self._targets = self.prices[context_length:, 0].unfold(0, horizon, 1)  # (window, horizon)

    def __len__(self) -> int:
        return len(self._targets)

    def __getitem__(self, positions: int | Int64[Tensor, " batch"]) -> Window:
        """The window at one position, or the windows at many as one batch."""
        if isinstance(positions, int):
            return Window(*(field[0] for field in self[torch.tensor([positions])]))
        return Window(
            context=self._contexts.index_select(0, positions).transpose(1, 2),
            target=self._targets.index_select(0, positions),
            origin=self.times.index_select(0, positions + self.context_length - 1),
            series=torch.full_like(positions, self.series),
        )

    def target_times(self, positions: Int64[Tensor, " batch"]) -> Int64[Tensor, "batch horizon"]:
        """When each target closes, in UTC nanoseconds."""
        steps = torch.arange(self.context_length, self.context_length + self.horizon)
        return self.times[positions.unsqueeze(-1) + steps]


def cut_fold(closes: pd.Series, context_length: int, horizon: int, val_from: Border, test_from: Border) -> Fold:
    """Cut the windows of a series at two borders.

    A window is for testing if its first target lies at or after ``test_from``; for validation if all its targets
    lie from ``val_from`` to before ``test_from``; for training if all lie before ``val_from``. The windows whose
    targets straddle a border, ``horizon - 1`` at each, belong to none.

        closes   context|===== train =====|··|== val ==|··|== test ==|

    Args:
        closes: the series.
        context_length: count of closes a model sees.
        horizon: count of closes it forecasts.
        val_from: first close that is a validation target; see :func:`border`.
        test_from: first close that is a test target.

    Raises:
        UserError: if a border lies outside the series, or ``val_from`` is not before ``test_from``.

    >>> days = pd.date_range("2024-01-01", periods=20, tz="UTC")
    >>> cut_fold(pd.Series(1.0, days), context_length=4, horizon=2, val_from=10, test_from=15)
    Fold(train=range(0, 5), val=range(6, 10), test=range(11, 15))
    """
    val, test = border(closes, val_from, "val_from"), border(closes, test_from, "test_from")
    if val >= test:
        raise UserError(
            f"{closes.name}: data.val_from ({say_time(closes.index[val])}) is not before data.test_from "
            f"({say_time(closes.index[test])}); validation comes before test."
        )
    windows, first_val = len(closes) - context_length - horizon + 1, max(val - context_length, 0)
    first_test = max(test - context_length, 0)
    return Fold(
        train=range(0, max(val - context_length - horizon + 1, 0)),
        val=range(first_val, max(test - context_length - horizon + 1, first_val)),
        test=range(first_test, max(windows, first_test)),
    )


def border(closes: pd.Series, value: Border, name: str) -> int:
    """How many closes come before a border.

    Args:
        closes: the series.
        value: a date (the first one behind the border), a count of closes before the border (if negative, of
            closes behind it) or the fraction of closes before it.
        name: the setting the border comes from, for errors.

    >>> days = pd.date_range("2024-01-01", periods=20, tz="UTC")
    >>> [border(pd.Series(1.0, days), value, "val_from") for value in ("2024-01-16", 15, -5, 0.75)]
    [15, 15, 15, 15]
    """
    if isinstance(value, str):
        before = int(np.searchsorted(closes.index, to_utc(value, f"data.{name}")))
    elif isinstance(value, float):
        before = round(value * len(closes)) if 0 < value < 1 else -1
    else:
        before = value if value >= 0 else len(closes) + value
        if value in YEARS:
            notice = f"data.{name} {value} is a count of closes; for the year write {value}-01-01."
            warnings.warn(notice, DataNotice, stacklevel=2)
    if not 0 < before < len(closes):
        first, last = say_time(closes.index[0]), say_time(closes.index[-1])
        raise UserError(
            f"{closes.name}: data.{name} {value} lies outside the {len(closes)} closes from {first} to {last}; "
            "give a date among them, a count of closes, or a fraction between 0 and 1."
        )
    return before
