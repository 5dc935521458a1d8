"""Folds: windows cut into training, validation and test at two borders in time, the same for all series."""

import warnings
from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from jaxtyping import Int64
from torch import Tensor

from cryptoforecast.data.interval import Interval
from cryptoforecast.data.series import CloseSeries
from cryptoforecast.data.times import in_nanoseconds, say_time, to_utc
from cryptoforecast.data.windows import WindowDataset
from cryptoforecast.errors import DataNotice, UserError

Border = int | float | str
YEARS = range(2009, 2050)  # a count of closes among these may be meant as a year
LARGEST_COUNT = 2**31 - 1
ROUNDING = 12  # closes by which the rounding of two borders may move them
MOST_CLOSES_TRIED = 2000  # beyond those there are, in the search for how many would be enough


class Fold(NamedTuple):
    """The windows for training, validation and test, as ascending numbers of a :class:`WindowDataset`.

    Each is an int64 tensor of one dimension. No close is a target in two sets, and no day is a training target in one
    series and a test target in another. Contexts may reach back across a border: what they hold is known by then.

    >>> from cryptoforecast import SimulatedSource
    >>> fold = cut_fold(WindowDataset([SimulatedSource(rows=100).load()], 20, 1), val_from=0.8, test_from=0.9)
    >>> [len(windows) for windows in fold]
    [60, 10, 10]
    """

    train: Int64[Tensor, " train"]
    val: Int64[Tensor, " val"]
    test: Int64[Tensor, " test"]


def cut_fold(windows: WindowDataset, val_from: Border, test_from: Border) -> Fold:
    """Cut windows at two borders in time.

    A window is for testing if its first target is at or after ``test_from``; for validation if all its targets are
    from ``val_from`` to before ``test_from``; for training if all are before ``val_from``. Windows with targets on
    both sides of a border, ``horizon - 1`` per series and border, belong to no set.

        closes   context|===== train =====|··|== val ==|··|== test ==|

    Args:
        windows: the windows of all series.
        val_from: first close that is a validation target; see :func:`border`.
        test_from: first close that is a test target.

    Raises:
        UserError: if a border lies outside the series, or ``val_from`` is not before ``test_from``.

    >>> from cryptoforecast.data.interval import FixedStep
    >>> days = pd.date_range("2024-01-01", periods=20, tz="UTC")
    >>> coin = CloseSeries(pd.Series(1.0, days, name="COIN-USD"), FixedStep(86_400 * 10**9), provenance=None)
    >>> [numbers.tolist() for numbers in cut_fold(WindowDataset([coin], 4, 2), val_from=10, test_from=15)]
    [[0, 1, 2, 3, 4], [6, 7, 8, 9], [11, 12, 13, 14]]
    """
    nanoseconds = windows.times.numpy() if len(windows.names) == 1 else np.unique(windows.times.numpy())
    times, names = pd.DatetimeIndex(nanoseconds, tz="UTC", copy=False), ", ".join(windows.names)
    val, test = (
        border(times, value, name, names) for name, value in (("val_from", val_from), ("test_from", test_from))
    )
    if val >= test:
        raise UserError(
            f"{names}: data.val_from ({say_time(times[val])}) is not before data.test_from "
            f"({say_time(times[test])}); validation comes before test."
        )
    sets: list[tuple[Tensor, ...]] = []
    for begin, end in windows.extents:
        times_of_series = windows.times.numpy()[begin:end]
        to_val, to_test = (begin + int(np.searchsorted(times_of_series, nanoseconds[at])) for at in (val, test))
        ends = to_val - windows.span + 1, to_test - windows.span + 1, end
        begins = begin, to_val - windows.context_length, to_test - windows.context_length
        pairs = zip(begins, ends, strict=True)
        sets.append(tuple(windows.starting(max(first, begin), until) for first, until in pairs))
    return Fold(*(torch.cat(members) for members in zip(*sets, strict=True)))


def with_stride(windows: WindowDataset, fold: Fold, stride: int) -> Fold:
    """The fold with every so manieth training window of each series, from its first on."""
    if stride == 1:
        return fold
    return fold._replace(train=torch.cat([members[::stride] for members in windows.by_series(fold.train)]))


def require_border(setting: str, value: object) -> None:
    """Check that a border is a date, a count of closes or a fraction of them, before any closes are known.

    Raises:
        UserError: if it is not, such as True or NaN.
    """
    if isinstance(value, str):
        to_utc(value, setting)
    elif (
        isinstance(value, bool) or not isinstance(value, int | float) or (value != value) or abs(value) > LARGEST_COUNT
    ):
        raise UserError(f"{setting} is {value!r}; give a date, a count of closes, or a fraction between 0 and 1.")


def border(times: pd.DatetimeIndex, value: Border, name: str, names: str) -> int:
    """Count of the times before a border; of several series, each time at which one has a close counts once.

    Args:
        times: the times of closes, ascending.
        value: a date (the first one after the border), a count of closes before the border (if negative, of
            closes after it) or the fraction of closes before it.
        name: of the setting, for errors.
        names: of the series, for errors.

    Raises:
        UserError: if no time is before the border, or none after it.

    >>> days = pd.date_range("2024-01-01", periods=20, tz="UTC")
    >>> [border(days, value, "val_from", "COIN-USD") for value in ("2024-01-16", 15, -5, 0.75)]
    [15, 15, 15, 15]
    """
    if isinstance(value, str):
        before = int(np.searchsorted(times, to_utc(value, f"data.{name}")))
    elif isinstance(value, float):
        before = round(value * len(times)) if 0 < value < 1 else -1
    else:
        before = value if value >= 0 else len(times) + value
        if value in YEARS:
            notice = f"data.{name} {value} is a count of closes; for the year write {value}-01-01."
            warnings.warn(notice, DataNotice, stacklevel=2)
    if not 0 < before < len(times):
        raise UserError(
            f"{names}: data.{name} {value} lies outside the {len(times)} closes from {say_time(times[0])} to "
            f"{say_time(times[-1])}; give a date among them, a count of closes, or a fraction between 0 and 1."
        )
    return before


class Cut(NamedTuple):
    """The settings by which series are cut into windows, and windows into sets; used to explain an empty set."""

    context_length: int
    horizon: int
    val_from: Border
    test_from: Border

    def has(self, name: str, times: Sequence[pd.DatetimeIndex], intervals: Sequence[Interval]) -> bool:
        """Whether a set of windows is not empty, found without making windows.

        Args:
            name: of the set.
            times: of the closes of each series.
            intervals: of each series.
        """
        all_times = times[0] if len(times) == 1 else pd.DatetimeIndex(np.unique(np.concatenate(times)), tz="UTC")
        try:
            val, test = (
                border(all_times, getattr(self, setting), setting, "") for setting in ("val_from", "test_from")
            )
        except UserError:
            return False
        return val < test and any(
            self._longest_run(name, series_times, interval, all_times[[val, test]]) >= self.horizon
            for series_times, interval in zip(times, intervals, strict=True)
        )

    def _longest_run(self, name: str, times: pd.DatetimeIndex, interval: Interval, borders: pd.DatetimeIndex) -> int:
        """The longest run of closes between the set's borders that has a context before it."""
        to_val, to_test = np.searchsorted(times, borders)
        first = np.concatenate([[0], interval.uneven(times) + 1])
        last = np.append(first[1:], len(times))
        low, high = {"train": (0, to_val), "val": (to_val, to_test), "test": (to_test, len(times))}[name]
        return int((np.minimum(last, high) - np.maximum(first + self.context_length, low)).max())

    def no_windows(self, name: str, series: Sequence[CloseSeries]) -> UserError:
        """The error that a set of windows is empty, with the settings or the count of closes that would fill it."""
        lengths = {"context_length": self.context_length, "horizon": self.horizon}
        times = [in_nanoseconds(pd.DatetimeIndex(member.closes.index)) for member in series]
        intervals = [member.interval for member in series]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DataNotice)  # given already when the windows were cut
            longest = ((length, self._longest(name, times, intervals, length)) for length in lengths)
            remedies = [f"a data.{length} of at most {most}" for length, most in longest if most]
            if len(series) == 1 and (fewest := self._fewest_closes(name, times[0], intervals[0])):
                remedies.append(f"at least {fewest} closes")
        count = sum(len(member.closes) for member in series)
        return UserError(
            f"{', '.join(str(member.closes.name) for member in series)}: {count} closes leave no {name} window with "
            f"data.context_length {self.context_length}, data.horizon {self.horizon}, data.val_from {self.val_from} "
            f"and data.test_from {self.test_from}; {' or '.join(remedies) or 'other borders'} would do."
        )

    def _longest(self, name: str, times: Sequence[pd.DatetimeIndex], intervals: Sequence[Interval], length: str) -> int:
        """The longest context or horizon with which the set is not empty; 0 if there is none."""
        most = min(getattr(self, length) - 1, max(map(len, times)))
        return bisect_left(
            range(1, most + 1), True, key=lambda n: not self._replace(**{length: n}).has(name, times, intervals)
        )

    def _fewest_closes(self, name: str, times: pd.DatetimeIndex, interval: Interval) -> int:
        """The smallest count of closes, continued at this interval, with which the set is not empty; 0 if not found.

        The search by halves is off by a few where borders are fractions, which are rounded; so the counts just before
        the one that it finds are tried as well.
        """
        now = len(times)
        more = min(20 * (self.context_length + self.horizon), MOST_CLOSES_TRIED)
        longer = times.append(interval.after(times[-1], more))
        found = (
            now
            + 1
            + bisect_left(range(now + 1, now + more), True, key=lambda n: self.has(name, [longer[:n]], [interval]))
        )
        near = range(max(now + 1, found - ROUNDING), found + 1)
        return next((n for n in near if self.has(name, [longer[:n]], [interval])), 0)
