"""Windows."""

import numpy as np
import pandas as pd
import torch
from hypothesis import given
from hypothesis import strategies as st

from cryptoforecast import WindowDataset
from cryptoforecast.data.last_windows import even_length
from cryptoforecast.data.windows import to_device
from tests.data.helpers import LENGTHS, coin, gap_patterns, uneven_series
from tests.helpers import Given, random_walk


@given(rest=st.integers(0, 30), **LENGTHS)
def test_there_are_rows_less_context_less_horizon_plus_one_windows(
    rest: int, context_length: int, horizon: int
) -> None:
    count = context_length + horizon + rest
    assert len(WindowDataset([coin(count)], context_length, horizon)) == count - context_length - horizon + 1


@given(rest=st.integers(0, 30), picks=st.lists(st.integers(0, 30), min_size=1, max_size=8), **LENGTHS)
def test_a_gathered_batch_is_the_obvious_slice_item_by_item(
    rest: int, picks: list[int], context_length: int, horizon: int
) -> None:
    closes = coin(context_length + horizon + rest).closes
    windows = WindowDataset([coin(context_length + horizon + rest)], context_length, horizon)
    positions = torch.tensor([pick % len(windows) for pick in picks])
    batch = windows[positions]
    for row, position in enumerate(positions.tolist()):
        seen, end = closes.iloc[position : position + context_length], position + context_length + horizon
        assert batch.context[row, :, 0].tolist() == seen.tolist()
        assert batch.target[row].tolist() == closes.iloc[position + context_length : end].tolist()
        assert batch.origin[row] == seen.index[-1].as_unit("ns").value
        assert batch.series[row] == 0
        alone = windows[position]
        assert all(torch.equal(field[row], alone.tensors()[name]) for name, field in batch.tensors().items())


def test_windows_share_the_memory_of_one_series() -> None:
    windows = WindowDataset([coin(1000)], context_length=100, horizon=5)
    assert windows._contexts.untyped_storage().data_ptr() == windows.prices.untyped_storage().data_ptr()
    assert windows._targets.untyped_storage().data_ptr() == windows.prices.untyped_storage().data_ptr()


@given(even=gap_patterns, **LENGTHS)
def test_no_window_straddles_a_gap(even: list[bool], context_length: int, horizon: int) -> None:
    series = uneven_series(even)
    windows = WindowDataset([series], context_length, horizon)
    times = windows.times[windows.starts.unsqueeze(1) + torch.arange(windows.span)]
    assert (times.diff(dim=1) == series.interval.record).all()


@given(even=gap_patterns, **LENGTHS)
def test_every_stretch_without_a_gap_has_all_its_windows(even: list[bool], context_length: int, horizon: int) -> None:
    series = uneven_series(even)
    windows = WindowDataset([series], context_length, horizon)
    stretches = [len(run) + 1 for run in "".join("e" if step else " " for step in even).split(" ")]
    assert len(windows) == sum(max(length - context_length - horizon + 1, 0) for length in stretches)
    assert even_length(series) == stretches[-1]


def test_a_step_that_makes_up_for_another_is_no_even_step() -> None:
    """A bar at noon is a day and a half after the one before it, and half a day before the next."""
    times = pd.date_range("2020-01-01", periods=12, tz="UTC").to_list()
    times[5] += pd.Timedelta("12h")
    closes = pd.Series(np.arange(1.0, 13.0), pd.DatetimeIndex(times).as_unit("ns"), name="COIN-USD")
    windows = WindowDataset([coin(2)._replace(closes=closes)], 2, 1)
    assert windows.starts.tolist() == [0, 1, 2, 6, 7, 8, 9]


@given(counts=st.lists(st.integers(2, 30), min_size=1, max_size=4), **LENGTHS)
def test_windows_of_several_series_are_those_of_each_one_after_the_other(
    counts: list[int], context_length: int, horizon: int
) -> None:
    coins = [coin(count, f"2020-01-{at + 1:02d}", f"C{at}-USD") for at, count in enumerate(counts)]
    together = WindowDataset(coins, context_length, horizon)
    batch = together[torch.arange(len(together))]
    alone = [WindowDataset([one], context_length, horizon) for one in coins]
    batches = [windows[torch.arange(len(windows))] for windows in alone]
    assert torch.equal(batch.context, torch.cat([own.context for own in batches]))
    assert torch.equal(batch.target, torch.cat([own.target for own in batches]))
    assert torch.equal(batch.origin, torch.cat([own.origin for own in batches]))
    numbers = torch.arange(len(coins)).repeat_interleave(torch.tensor([len(windows) for windows in alone]))
    assert torch.equal(batch.series, numbers)
    assert torch.equal(together.series_of(torch.arange(len(together))), numbers)


@given(evens=st.lists(gap_patterns, min_size=1, max_size=3), picks=st.lists(st.integers(0, 200), max_size=9), **LENGTHS)
def test_the_rows_held_by_windows_are_those_that_one_of_them_has(
    evens: list[list[bool]], picks: list[int], context_length: int, horizon: int
) -> None:
    windows = WindowDataset([uneven_series(even) for even in evens], context_length, horizon)
    chosen = sorted({pick % len(windows) for pick in picks}) if len(windows) else []
    held = {int(windows.starts[window]) + at for window in chosen for at in range(windows.span)}
    assert windows.held_by(torch.tensor(chosen, dtype=torch.int64)).nonzero().flatten().tolist() == sorted(held)


@given(
    evens=st.lists(gap_patterns, min_size=1, max_size=3),
    edges=st.tuples(st.integers(0, 200), st.integers(0, 200)),
    **LENGTHS,
)
def test_windows_are_found_by_their_first_row_and_by_their_series(
    evens: list[list[bool]], edges: tuple[int, int], context_length: int, horizon: int
) -> None:
    windows = WindowDataset([uneven_series(even) for even in evens], context_length, horizon)
    starts, (row, until) = windows.starts, edges
    found = ((starts >= row) & (starts < until)).nonzero().flatten()
    assert torch.equal(windows.starting(row, until), found)
    for number, own in enumerate(windows.by_series(found)):
        assert torch.equal(own, found[windows.series_of(found) == number])


def test_gathering_happens_where_the_prices_are_and_a_batch_there_is_not_copied_again() -> None:
    here, windows = torch.device("cpu"), WindowDataset([coin(40)], 5, 2)
    assert windows.to(here) is windows
    there = windows.to(torch.device("meta"))  # a device that has shapes and no numbers
    assert there[torch.tensor([3, 4])].context.device.type == "meta"
    assert there[torch.tensor([3, 4])].context.shape == (2, 5, 1)
    assert windows.prices.device == here
    batch = windows[torch.tensor([3, 4])]
    assert all(moved is field for moved, field in zip(to_device(batch, here), batch, strict=True))


def test_further_columns_are_further_channels_and_the_target_is_the_close() -> None:
    closes, volumes = random_walk(20), [float(n) for n in range(20)]
    highs = [1.1 * close for close in closes]
    series = Given(closes, others={"Volume": volumes, "High": highs}).load(["Volume", "High"])
    window = WindowDataset([series], 4, 2, ["Close", "High", "Volume"])[torch.tensor([3])]
    assert window.context[0].tolist() == [[closes[at], highs[at], volumes[at]] for at in range(3, 7)]
    assert window.target[0].tolist() == closes[7:9]
