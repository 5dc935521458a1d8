"""Where the folds of a backtest begin and end."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from cryptoforecast import CloseDataModule, DataNotice, UserError
from cryptoforecast.study.folds import FoldDates, cut_backtest, windows_of
from tests.helpers import Given, coins_of, data_of, random_walk


def own_data(fold: FoldDates, whole: CloseDataModule) -> CloseDataModule:
    """The data module that a fold is."""
    lengths = {"context_length": whole.context_length, "horizon": whole.horizon}
    data = CloseDataModule(whole.source, **lengths, **fold.settings())  # type: ignore[arg-type]
    data.setup("fit")
    data.setup("test")
    return data


def target_times(data: CloseDataModule, name: str) -> set[int]:
    return set(data.windows.target_times(getattr(data.fold, name)).flatten().tolist())


def origins(data: CloseDataModule, name: str) -> list[int]:
    return data.windows[getattr(data.fold, name)].origin.tolist()


def days(*dates: str) -> list[pd.Timestamp]:
    return [pd.Timestamp(date, tz="UTC") for date in dates]


def test_folds_by_hand() -> None:
    data = data_of(random_walk(20), context_length=2, horizon=1, val_from=8, test_from=12)
    expanding, rolling = (cut_backtest(data, 2, window) for window in ("expanding", "rolling"))
    assert [list(fold) for fold in expanding] == [
        [0, *days("2020-01-01", "2020-01-09", "2020-01-13", "2020-01-16")],
        [1, *days("2020-01-01", "2020-01-13", "2020-01-17", "2020-01-20")],
    ]
    assert rolling == [expanding[0], expanding[1]._replace(start=days("2020-01-05")[0])]


@settings(max_examples=40, deadline=None)
@given(
    count=some.integers(70, 90),
    horizon=some.integers(1, 4),
    folds=some.integers(1, 5),
    window=some.sampled_from(["expanding", "rolling"]),
)
def test_every_test_window_is_in_one_fold_and_no_fold_trains_on_a_close_from_its_test_part_on(
    count: int, horizon: int, folds: int, window: str
) -> None:
    whole = data_of(random_walk(count), context_length=4, horizon=horizon, val_from=0.5, test_from=0.7)
    cut = [own_data(fold, whole) for fold in cut_backtest(whole, folds, window)]  # type: ignore[arg-type]
    assert [origin for data in cut for origin in origins(data, "test")] == origins(whole, "test")
    for data in cut:
        train, val, test = (target_times(data, name) for name in ("train", "val", "test"))
        assert max(train) < min(val) <= max(val) < min(test)
        assert data.series[0].closes.index[-1].value == max(test), "nothing later is within reach"
        assert len(data.fold.val) == len(whole.fold.val)
    trained = [len(data.fold.train) for data in cut]
    grows = trained == sorted(set(trained))
    assert grows if window == "expanding" else len(set(trained)) == 1
    sizes = [len(data.fold.test) for data in cut[:-1]]
    assert max(sizes, default=0) - min(sizes, default=0) <= 1


def test_windows_counted_in_the_whole_data_are_those_of_the_folds_own_data() -> None:
    coins = (Given(random_walk(120), gaps="split", without=[60, 95]), Given(random_walk(90, 1), "2020-02-10", "B-USD"))
    whole = coins_of(*coins, horizon=3, val_from=0.5, test_from=0.7)
    for window in ("expanding", "rolling"):
        for fold in cut_backtest(whole, 3, window):  # type: ignore[arg-type]
            for name, members in windows_of(fold, whole)._asdict().items():
                assert whole.windows[members].origin.tolist() == origins(own_data(fold, whole), name)


def test_the_first_of_one_fold_is_the_cut_of_the_data_themselves() -> None:
    whole = data_of(random_walk(100), val_from=-40, test_from=-20)
    (fold,) = cut_backtest(whole, 1)
    assert [members.tolist() for members in windows_of(fold, whole)] == [members.tolist() for members in whole.fold]


def test_more_folds_than_there_is_room_for_are_refused() -> None:
    data = data_of(random_walk(100), horizon=3, val_from=-40, test_from=-20)
    assert len(cut_backtest(data, 6)) == 6
    with pytest.raises(UserError, match=r"--folds is 7; the 20 closes of COIN-USD from 2020-03-21 .* at most 6"):
        cut_backtest(data, 7)


def test_a_fold_that_a_coin_has_no_closes_in_is_refused() -> None:
    coins = Given(random_walk(100)), Given(random_walk(10, 1), "2020-03-31", "LATE-USD")
    with pytest.warns(DataNotice, match="LATE-USD: no (train|val) window"):
        data = coins_of(*coins, context_length=2, horizon=1, val_from="2020-03-01", test_from="2020-03-20")
    with pytest.raises(UserError, match="LATE-USD: fold 0 reaches from 2020-01-01 to 2020-03-29 and has none of its"):
        cut_backtest(data, 2)


def test_a_fold_without_windows_between_its_borders_is_refused() -> None:
    data = coins_of(Given(random_walk(100), gaps="split", without=[82, 86]), horizon=1, val_from=60, test_from=80)
    with pytest.raises(UserError, match="COIN-USD: fold 1 reaches .* has no test window with data.context_length 5"):
        cut_backtest(data, 4)


@settings(max_examples=30, deadline=None)
@given(
    calendar=some.sampled_from([("MS", "split"), ("BME", "split"), ("QE", "error"), ("B", "sessions")]),
    without=some.sets(some.integers(30, 100), max_size=4),
    horizon=some.integers(1, 4),
    folds=some.integers(1, 4),
)
def test_every_test_window_of_months_and_trading_days_is_in_one_fold(
    calendar: tuple[str, str], without: set[int], horizon: int, folds: int
) -> None:
    freq, gaps = calendar
    absent = [*without, *(range(60, 72) if freq == "B" else ())] if gaps != "error" else []
    source = Given(random_walk(130), "1960-01-04", without=absent, gaps=gaps, freq=freq)  # type: ignore[arg-type]
    whole = coins_of(source, context_length=4, horizon=horizon, val_from=-40, test_from=-20)
    cut = cut_backtest(whole, folds)
    found = [windows_of(fold, whole).test for fold in cut]
    assert [number for members in found for number in members.tolist()] == whole.fold.test.tolist()
    for fold, members in zip(cut, found, strict=True):
        assert whole.windows[members].origin.tolist() == origins(own_data(fold, whole), "test")
