"""Folds."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from cryptoforecast import CloseSeries, DataNotice, Fold, UserError, WindowDataset
from cryptoforecast.data.folds import Border, Cut, cut_fold
from cryptoforecast.data.interval import FixedStep
from tests.data.helpers import LENGTHS, coin, gap_patterns, uneven_series


def cut(count: int, val_from: Border, test_from: Border, start: str = "2020-01-01") -> Fold:
    return cut_fold(WindowDataset([coin(count, start)], 5, 2), val_from, test_from)


@given(rest=st.integers(3, 60), cuts=st.tuples(st.floats(0.1, 0.9), st.floats(0.1, 0.9)), **LENGTHS)
def test_no_close_is_a_target_in_two_sets_and_each_set_keeps_to_its_side(
    rest: int, cuts: tuple[float, float], context_length: int, horizon: int
) -> None:
    closes = coin(context_length + horizon + rest).closes
    val, test = sorted(round(cut * len(closes)) for cut in cuts)
    assume(0 < val < test < len(closes))
    windows = WindowDataset([coin(len(closes))], context_length, horizon)
    fold = Fold(*(members.tolist() for members in cut_fold(windows, val, test)))
    targets = [
        {position + context_length + step for position in positions for step in range(horizon)} for positions in fold
    ]
    assert sum(map(len, targets)) == len(set.union(*targets))
    assert all(target < val for target in targets[0])
    assert all(val <= target < test for target in targets[1])
    for position in range(len(closes) - context_length - horizon + 1):
        first, last = position + context_length, position + context_length + horizon - 1
        assert (position in fold.test) == (first >= test)
        assert (position in fold.val) == (first >= val and last < test)
        assert (position in fold.train) == (last < val)


def test_a_border_may_be_a_date_a_count_or_a_fraction() -> None:
    folds = [
        [members.tolist() for members in cut(100, *borders)]
        for borders in (("2020-03-11", "2020-03-31"), (70, 90), (-30, -10), (0.7, 0.9), ("2020-03-10 12:00", 90))
    ]
    assert all(fold == folds[0] for fold in folds)


def test_a_border_may_fall_between_stamps_that_are_not_at_midnight() -> None:
    fold = cut(20, "2020-01-11", "2020-01-16", start="2020-01-01 07:00")
    assert fold.test[0] + 5 == 15  # the bar of 2020-01-16 07:00


@pytest.mark.parametrize(
    ("borders", "sentence"),
    [
        ((90, 70), r"COIN-USD: data.val_from \(2020-03-31\) is not before data.test_from \(2020-03-11\)"),
        (("2020-03-11", "2030-01-01"), "data.test_from 2030-01-01 lies outside the 100 closes from 2020-01-01"),
        ((0.7, 1.5), "data.test_from 1.5 lies outside"),
        ((0, 50), "data.val_from 0 lies outside"),
        (("soon", 50), "data.val_from is 'soon', which is not a date"),
    ],
)
def test_impossible_borders_are_named(borders: tuple[int, int], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        cut(100, *borders)


def test_a_count_that_looks_like_a_year_is_pointed_out() -> None:
    with pytest.warns(DataNotice, match="data.val_from 2023 is a count of closes; for the year write 2023-01-01"):
        cut(3000, 2023, 2900, start="2010-01-01")


spans = st.lists(st.tuples(st.integers(0, 40), st.integers(10, 60)), min_size=2, max_size=4)


@given(spans=spans, cuts=st.tuples(st.floats(0.1, 0.9), st.floats(0.1, 0.9)), **LENGTHS)
def test_no_test_day_of_one_coin_is_a_training_day_of_another(
    spans: list[tuple[int, int]], cuts: tuple[float, float], context_length: int, horizon: int
) -> None:
    first = pd.Timestamp("2020-01-01")
    coins = [coin(count, str(first + pd.Timedelta(days=late)), f"C{late}-{count}") for late, count in spans]
    windows = WindowDataset(coins, context_length, horizon)
    days = len(windows.times.unique())
    val, test = sorted(round(share * days) for share in cuts)
    if not 0 < val < test < days:
        return
    train, validation, testing = (windows.target_times(members) for members in cut_fold(windows, val, test))
    assert not np.intersect1d(train, validation).size
    assert not np.intersect1d(train, testing).size
    assert not np.intersect1d(validation, testing).size
    latest = [times.max() if times.numel() else -torch.inf for times in (train, validation)]
    earliest = [times.min() if times.numel() else torch.inf for times in (validation, testing)]
    assert latest[0] < earliest[0]
    assert max(latest) < earliest[1]


@given(spans=spans, **LENGTHS)
def test_a_coin_among_others_is_cut_as_it_is_alone_at_the_same_dates(
    spans: list[tuple[int, int]], context_length: int, horizon: int
) -> None:
    first = pd.Timestamp("2020-01-01")
    coins = [coin(count, str(first + pd.Timedelta(days=late)), f"C{at}") for at, (late, count) in enumerate(spans)]
    together = WindowDataset(coins, context_length, horizon)
    last = min(one.closes.index[-1] for one in coins)
    borders = [str(last - pd.Timedelta(days=days)) for days in (5, 2)]
    assume(all(one.closes.index[0] < pd.Timestamp(borders[0]) for one in coins))
    fold = cut_fold(together, *borders)
    for number, one in enumerate(coins):
        alone = WindowDataset([one], context_length, horizon)
        for members, own in zip(fold, cut_fold(alone, *borders), strict=True):
            mine = members[together.series_of(members) == number]
            assert torch.equal(together.target_times(mine), alone.target_times(own))


def test_a_count_or_a_fraction_counts_each_day_of_several_coins_once() -> None:
    windows = WindowDataset([coin(80, symbol="OLD-USD"), coin(30, "2020-03-11", "NEW-USD")], 5, 2)  # 100 days in all
    for borders in ((70, 90), (0.7, 0.9), (-30, -10)):
        fold = cut_fold(windows, *borders)
        dates = cut_fold(windows, "2020-03-11", "2020-03-31")
        assert all(torch.equal(members, same) for members, same in zip(fold, dates, strict=True))


@given(even=gap_patterns, late=st.integers(0, 20), **LENGTHS)
def test_a_set_holds_the_windows_whose_targets_lie_between_its_borders_and_no_other(
    even: list[bool], late: int, context_length: int, horizon: int
) -> None:
    """Window by window, of two series with gaps."""
    other = coin(30, str(pd.Timestamp("2020-01-01") + pd.Timedelta(days=late)), "OTHER-USD")
    windows = WindowDataset([uneven_series(even), other], context_length, horizon)
    days = windows.times.unique()
    borders = len(days) // 2, 3 * len(days) // 4
    val, test = (int(days[at]) for at in borders)
    times = windows.target_times(torch.arange(len(windows)))
    first, last = times[:, 0], times[:, -1]
    expected = last < val, (first >= val) & (last < test), first >= test
    for members, own in zip(cut_fold(windows, *borders), expected, strict=True):
        assert torch.equal(members, own.nonzero().flatten())


@given(even=gap_patterns, late=st.integers(0, 20), cuts=st.tuples(st.integers(1, 60), st.integers(1, 60)), **LENGTHS)
def test_whether_a_set_has_windows_is_known_without_making_them(
    even: list[bool], late: int, cuts: tuple[int, int], context_length: int, horizon: int
) -> None:
    other = coin(30, str(pd.Timestamp("2020-01-01") + pd.Timedelta(days=late)), "OTHER-USD")
    for series in ([uneven_series(even)], [uneven_series(even), other]):
        try:
            fold = cut_fold(WindowDataset(series, context_length, horizon), *cuts)
        except UserError:
            fold = Fold(*(torch.arange(0) for _ in range(3)))
        times = [pd.DatetimeIndex(one.closes.index) for one in series]
        for name, members in fold._asdict().items():
            assert Cut(context_length, horizon, *cuts).has(name, times, [one.interval for one in series]) == (
                len(members) > 0
            )


def test_what_would_do_is_told_of_a_million_closes_and_does() -> None:
    times = pd.date_range("2010-01-01", periods=1_000_000, freq="1min", tz="UTC", unit="ns")
    long = CloseSeries(pd.Series(1.0, times, name="COIN-USD"), FixedStep(60 * 10**9), provenance=None)  # type: ignore[arg-type]
    refusal = Cut(60, 20, 999_990, 999_995).no_windows("test", [long])
    assert "a data.horizon of at most 5 or at least 1000015 closes would do" in str(refusal)
    assert len(cut_fold(WindowDataset([long], 60, 5), 999_990, 999_995).test) == 1


@pytest.mark.parametrize("borders", [(0.8, 0.9), (0.5, 0.9), (10, 20), (-9, -4)])
def test_the_fewest_closes_that_would_do_are_the_fewest(borders: tuple[float, float]) -> None:
    def has(count: int, name: str) -> bool:
        try:
            return len(getattr(cut_fold(WindowDataset([coin(count)], 7, 3), *borders), name)) > 0
        except UserError:
            return False

    for name in ("train", "val", "test"):
        assert not has(9, name)
        fewest = next((count for count in range(10, 209) if has(count, name)), None)
        said = str(Cut(7, 3, *borders).no_windows(name, [coin(9)]))
        assert (f"at least {fewest} closes would do" in said) == (fewest is not None)
