"""Windows and folds."""

import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cryptoforecast import DataNotice, UserError, WindowDataset
from cryptoforecast.data.windows import cut_fold

LENGTHS = {"context_length": st.integers(1, 12), "horizon": st.integers(1, 6)}


def series(count: int, start: str = "2020-01-01") -> pd.Series:
    return pd.Series(
        [float(n + 1) for n in range(count)], pd.date_range(start, periods=count, tz="UTC"), name="COIN-USD"
    )


@given(rest=st.integers(0, 30), **LENGTHS)
def test_there_are_rows_less_context_less_horizon_plus_one_windows(
    rest: int, context_length: int, horizon: int
) -> None:
    count = context_length + horizon + rest
    assert len(WindowDataset(series(count), context_length, horizon)) == count - context_length - horizon + 1


@given(rest=st.integers(0, 30), picks=st.lists(st.integers(0, 30), min_size=1, max_size=8), **LENGTHS)
def test_a_gathered_batch_is_the_obvious_slice_item_by_item(
    rest: int, picks: list[int], context_length: int, horizon: int
) -> None:
    closes = series(context_length + horizon + rest)
    windows = WindowDataset(closes, context_length, horizon, series=3)
    positions = torch.tensor([pick % len(windows) for pick in picks])
    batch = windows[positions]
    for row, position in enumerate(positions.tolist()):
        seen, end = closes.iloc[position : position + context_length], position + context_length + horizon
        assert batch.context[row, :, 0].tolist() == seen.tolist()
        assert batch.target[row].tolist() == closes.iloc[position + context_length : end].tolist()
        assert batch.origin[row] == seen.index[-1].as_unit("ns").value
        assert batch.series[row] == 3
        alone = windows[position]
        assert all(torch.equal(field[row], own) for field, own in zip(batch, alone, strict=True))


def test_windows_share_the_memory_of_one_series() -> None:
    windows = WindowDataset(series(1000), context_length=100, horizon=5)
    assert windows._contexts.untyped_storage().data_ptr() == windows.prices.untyped_storage().data_ptr()
    assert windows._targets.untyped_storage().data_ptr() == windows.prices.untyped_storage().data_ptr()


@given(rest=st.integers(3, 60), cuts=st.tuples(st.floats(0.1, 0.9), st.floats(0.1, 0.9)), **LENGTHS)
def test_no_close_is_a_target_in_two_sets_and_each_set_keeps_to_its_side(
    rest: int, cuts: tuple[float, float], context_length: int, horizon: int
) -> None:
    closes = series(context_length + horizon + rest)
    val, test = sorted(round(cut * len(closes)) for cut in cuts)
    if not 0 < val < test < len(closes):
        return
    fold = cut_fold(closes, context_length, horizon, val, test)
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
    closes = series(100)
    folds = [
        cut_fold(closes, 5, 2, *borders)
        for borders in (("2020-03-11", "2020-03-31"), (70, 90), (-30, -10), (0.7, 0.9), ("2020-03-10 12:00", 90))
    ]
    assert all(fold == folds[0] for fold in folds)


def test_a_border_may_fall_between_stamps_that_are_not_at_midnight() -> None:
    closes = series(20, "2020-01-01 07:00")
    assert cut_fold(closes, 3, 1, "2020-01-11", "2020-01-16").test.start + 3 == 15  # the bar of 2020-01-16 07:00


@pytest.mark.parametrize(
    ("borders", "sentence"),
    [
        ((90, 70), r"COIN-USD: data.val_from \(2020-03-31\) is not before data.test_from \(2020-03-11\)"),
        (("2020-03-11", "2030-01-01"), "data.test_from 2030-01-01 lies outside the 100 closes from 2020-01-01"),
        ((0.7, 1.5), "data.test_from 1.5 lies outside"),
        ((0, 50), "data.val_from 0 lies outside"),
        (("soon", 50), "data.val_from is 'soon', which is no date"),
    ],
)
def test_impossible_borders_are_named(borders: tuple[int, int], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        cut_fold(series(100), 5, 2, *borders)


def test_a_count_that_looks_like_a_year_is_pointed_out() -> None:
    with pytest.warns(DataNotice, match="data.val_from 2023 is a count of closes; for the year write 2023-01-01"):
        cut_fold(series(3000), 5, 2, 2023, 2900)
