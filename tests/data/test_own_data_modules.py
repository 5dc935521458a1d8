"""Strides, samplers and columns of a data module."""

import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cryptoforecast import CloseDataModule, SimulatedSource, UserError, series_of
from tests.helpers import Given, bars, coins_of, random_walk

LENGTHS = {"context_length": 5, "horizon": 2}


@given(stride=st.integers(1, 20))
def test_a_stride_takes_every_so_manieth_training_window_of_each_series_and_no_other_set(stride: int) -> None:
    coins = [Given(random_walk(60), "2020-01-31", "YOUNG"), Given(random_walk(90), symbol="OLD")]
    every, strided = coins_of(*coins), coins_of(*coins, stride=stride)
    for whole, kept in zip(*(data.windows.by_series(data.fold.train) for data in (every, strided)), strict=True):
        assert kept.tolist() == whole.tolist()[::stride]
    assert torch.equal(every.fold.val, strided.fold.val)
    assert torch.equal(every.fold.test, strided.fold.test)


def test_targets_do_not_overlap_at_a_stride_of_the_horizon() -> None:
    data = CloseDataModule(SimulatedSource(rows=200), **LENGTHS, stride=2)  # type: ignore[arg-type]
    data.setup("fit")
    targets = data.windows.target_times(data.fold.train).flatten()
    assert len(targets.unique()) == len(targets)


class Recent(CloseDataModule):
    """Eight windows an epoch, recent ones more often."""

    def sample(self, windows: torch.Tensor, epoch: int, generator: torch.Generator) -> torch.Tensor:
        """Drawn with weights that rise with time."""
        return windows[torch.multinomial(torch.arange(1.0, len(windows) + 1), 8, generator=generator)]


def epoch_of(data: CloseDataModule, number: int, skipped: int = 0) -> list[int]:
    loader = data.train_dataloader()
    loader.sampler.set_epoch(number)
    if skipped:
        loader.load_state_dict({"epoch": number, "place": skipped, "batches": len(loader)})
    return [int(origin) for window in loader for origin in window.origin]


def test_a_sampler_gives_the_same_windows_each_time_and_goes_on_within_an_epoch() -> None:
    data = Recent(SimulatedSource(rows=200), **LENGTHS, batch_size=3)  # type: ignore[arg-type]
    data.setup("fit")
    assert len(data.train_dataloader()) == 3
    assert epoch_of(data, 4) == epoch_of(data, 4)
    assert epoch_of(data, 4) != epoch_of(data, 5)
    assert epoch_of(data, 4, skipped=1) == epoch_of(data, 4)[3:]


def test_a_sampler_that_reaches_for_later_windows_is_stopped() -> None:
    class Greedy(CloseDataModule):
        def sample(self, windows: torch.Tensor, epoch: int, generator: torch.Generator) -> torch.Tensor:
            return torch.cat([windows, self.fold.val])

    data = Greedy(SimulatedSource(rows=200), **LENGTHS)  # type: ignore[arg-type]
    data.setup("fit")
    with pytest.raises(UserError, match=r"sample of the data module chose window \d+, which is no training window"):
        data.train_dataloader()


def test_the_first_of_the_columns_is_what_is_forecast() -> None:
    columns = bars(80)
    data = CloseDataModule(
        Given(columns["Close"], others=columns),
        columns=["Volume", "Close"],
        **LENGTHS,  # type: ignore[arg-type]
    )
    data.setup("fit")
    assert data.series[0].closes.name == "COIN-USD Volume"
    assert data.series[0].quantity == "ratio"
    assert data.windows.prices[:, 0].tolist() == columns["Volume"]
    assert data.windows.prices[:, 1].tolist() == columns["Close"]


def test_a_price_that_is_no_close_stays_a_price() -> None:
    columns = bars(80)
    data = CloseDataModule(Given(columns["Close"], others=columns), columns=["High"], **LENGTHS)  # type: ignore[arg-type]
    data.setup("fit")
    assert data.series[0].quantity == "price"
    assert data.windows.prices[:, 0].tolist() == columns["High"]


def test_series_of_takes_the_further_columns_at_the_times_of_the_first() -> None:
    days = pd.date_range("2024-01-01", periods=4)
    close = pd.Series([1.0, 2.0, 3.0], days[:3])
    table = {"Close": close, "Rate": pd.Series([4.0, -3.0, 0.0, 1.0], days[::-1]), "Left": pd.Series(range(4), days)}
    series = series_of(table, "COIN", known=["Left"], scalings={"Rate": "as_is"})
    assert series.others is not None
    assert series.known == ("Left",)
    assert series.ahead is not None
    assert series.others["Rate"].tolist() == [1.0, 0.0, -3.0]
    assert series.others["Left"].tolist() == [0.0, 1.0, 2.0]
    assert series.ahead["Left"].tolist() == [3.0]
    with pytest.raises(UserError, match=r"COIN: the rate at 2024-01-02 is 0 \(and 1 more\); rates are positive"):
        series_of(table, "COIN", scalings={"Rate": "price"})
    with pytest.raises(UserError, match="the scaling of Rate is 'log'; it is one of price, other_price, by_window, as"):
        series_of(table, "COIN", scalings={"Rate": "log"})  # type: ignore[dict-item]
    with pytest.raises(UserError, match="COIN: no rate at 2024-01-03"):
        series_of({"Close": close, "Rate": close[:2]}, "COIN")
