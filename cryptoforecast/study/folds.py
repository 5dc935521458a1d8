"""The dates at which the folds of a backtest begin and end."""

from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
import torch

from cryptoforecast.data.cleaning.sessions import Sessions
from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.folds import Fold, border, cut_fold
from cryptoforecast.data.series import CloseSeries
from cryptoforecast.data.times import say_time
from cryptoforecast.errors import UserError

WindowKind = Literal["expanding", "rolling"]


class FoldDates(NamedTuple):
    """When a fold's parts begin, and when its last target closes; times in UTC.

    Bars before ``start`` and after ``end`` are out of the fold's reach: it is a :class:`CloseDataModule` with these
    four dates.
    """

    number: int
    start: pd.Timestamp
    val_from: pd.Timestamp
    test_from: pd.Timestamp
    end: pd.Timestamp

    def settings(self) -> dict[str, str]:
        """The dates as the data module's settings of the same names."""
        return {name: getattr(self, name).isoformat() for name in ("start", "val_from", "test_from", "end")}


def cut_backtest(data: CloseDataModule, count: int, window: WindowKind = "expanding") -> list[FoldDates]:
    """Cut the closes from ``test_from`` on into test parts of a backtest, each with the closes to train on before it.

    The test parts follow each other and differ in length by one close at most. A fold's validation part is as long
    as the one the data were set up with, and ends where its test part begins; all before is trained on, if
    ``expanding``; if ``rolling``, as many closes as before the first fold's validation. The first fold has the
    borders of the data themselves.

        expanding   |==== train ====|== val ==|= test =|
                    |======== train ========|== val ==|= test =|
        rolling     |==== train ====|== val ==|= test =|
                             |==== train ====|== val ==|= test =|

    A test window belongs to the fold that its first target lies in; of a horizon longer than one its last targets
    may lie in the next. So every test window of the data is one of exactly one fold.

    Args:
        data: set up for ``test``.
        count: how many folds.
        window: what is trained on.

    Raises:
        UserError: if a fold would have an empty part, or a series would have no close in a fold.
    """
    times, val, test = _borders(data, count)
    edges = [test + (len(times) - test) * number // count for number in range(count + 1)]
    folds = [
        FoldDates(
            number=number,
            start=times[first - test if window == "rolling" else 0],
            val_from=times[first - (test - val)],
            test_from=times[first],
            end=_last_target(data, times, until - 1),
        )
        for number, (first, until) in enumerate(pairwise(edges))
    ]
    for fold in folds:
        _require_windows(fold, data)
    return folds


def _last_target(data: CloseDataModule, times: pd.DatetimeIndex, first: int) -> pd.Timestamp:
    """When the last target closes of a window whose first target is the last of a fold."""
    if data.horizon == 1:
        return times[first]
    if isinstance(data.interval, Sessions):  # whose holidays only the bars themselves tell
        targets = data.windows.target_times(torch.arange(len(data.windows)))[:, [0, -1]].numpy()
        return pd.Timestamp(
            int(targets[targets[:, 0] <= times[first].value, 1].max(initial=times[first].value)), tz="UTC"
        )
    return min(data.interval.after(times[first], data.horizon - 1)[-1], times[-1])


def _borders(data: CloseDataModule, count: int) -> tuple[pd.DatetimeIndex, int, int]:
    """All times of closes, and how many of them come before validation and before the test parts."""
    times = pd.DatetimeIndex(np.unique(data.windows.times.numpy()), tz="UTC")
    names = ", ".join(data.windows.names)
    val, test = (border(times, getattr(data, name), name, names) for name in ("val_from", "test_from"))
    if not 0 < count <= (len(times) - test) // data.horizon:
        raise UserError(
            f"--folds is {count}; the {len(times) - test} closes of {names} from {say_time(times[test])} on "
            f"(data.test_from) can be cut into at most {(len(times) - test) // data.horizon} test parts, each as long "
            f"as data.horizon {data.horizon}."
        )
    return times, val, test


def windows_of(fold: FoldDates, data: CloseDataModule) -> Fold:
    """The windows of a fold, by their numbers in the whole data: those that the fold's own data module has.

    Args:
        fold: the dates.
        data: set up for ``test``, with all closes.
    """
    windows = data.windows
    first, last = windows.times[windows.starts], windows.times[windows.starts + windows.span - 1]
    within = (first >= fold.start.value) & (last <= fold.end.value)
    cut = cut_fold(windows, fold.val_from.isoformat(), fold.test_from.isoformat())
    return Fold(*(members[within[members]] for members in cut))


def closes_of_fold(fold: FoldDates, series: CloseSeries) -> tuple[pd.Series, pd.DataFrame | None]:
    """A series' closes, and its further columns, that are within a fold's reach."""
    closes, columns = series.closes.loc[fold.start : fold.end], series.others
    return closes, None if columns is None else columns.loc[closes.index]


def _require_windows(fold: FoldDates, data: CloseDataModule) -> None:
    reach = f"fold {fold.number} reaches from {say_time(fold.start)} to {say_time(fold.end)}"
    for series in data.series:
        if not len(closes_of_fold(fold, series)[0]):
            raise UserError(
                f"{series.closes.name}: {reach} and has none of its closes; set another data.test_from, or leave it "
                "out."
            )
    for name, members in windows_of(fold, data)._asdict().items():
        if not len(members):
            raise UserError(
                f"{', '.join(data.windows.names)}: {reach} and has no {name} window with data.context_length "
                f"{data.context_length} and data.horizon {data.horizon}; set fewer --folds, or another data.val_from."
            )
