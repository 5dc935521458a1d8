"""The order of batches."""

from collections.abc import Iterable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cryptoforecast import UserError, Window, WindowDataset
from cryptoforecast.data.batches import BatchOrder, WindowLoader
from cryptoforecast.data.processes import Process
from tests.data.helpers import coin
from tests.helpers import data_of, random_walk


def order(epoch: int, seed: int = 0, count: int = 50, batch_size: int = 8) -> list[int]:
    batches = BatchOrder(torch.arange(10, 10 + count), batch_size, shuffle=True, seed=seed)
    batches.set_epoch(epoch)
    return torch.cat(list(batches)).tolist()


@given(count=st.integers(1, 100), batch_size=st.integers(1, 40), shuffle=st.booleans())
def test_every_window_comes_once_an_epoch_in_batches_of_the_given_size(
    count: int, batch_size: int, shuffle: bool
) -> None:
    batches = BatchOrder(torch.arange(10, 10 + count), batch_size, shuffle)
    gathered = list(batches)
    assert sorted(torch.cat(gathered).tolist()) == list(range(10, 10 + count))
    assert len(gathered) == len(batches)
    assert all(len(batch) == batch_size for batch in gathered[:-1])


def test_the_order_is_a_function_of_seed_and_epoch_and_of_nothing_drawn_before() -> None:
    torch.manual_seed(1)
    first = order(epoch=4)
    torch.rand(100)
    assert order(epoch=4) == first
    assert order(epoch=5) != first
    assert order(epoch=4, seed=1) != first
    orders = [tuple(order(epoch, seed)) for epoch in range(4) for seed in range(4)]
    assert len(set(orders)) == 16  # also where sum or product of seed and epoch are the same


SIZES = {"count": st.integers(1, 100), "batch_size": st.integers(1, 40), "processes": st.integers(1, 5)}


@given(shuffle=st.booleans(), by_turns=st.booleans(), **SIZES)
def test_the_shares_of_all_processes_are_each_batch_of_one_process_in_order(
    count: int, batch_size: int, processes: int, shuffle: bool, by_turns: bool
) -> None:
    positions = torch.arange(10, 10 + count)
    alone = [batch.tolist() for batch in BatchOrder(positions, batch_size, shuffle)]
    orders = [
        BatchOrder(positions, batch_size, shuffle, 0, Process(rank, processes), by_turns) for rank in range(processes)
    ]
    assert {len(order) for order in orders} == {len(alone)}  # none waits for a step that another does not take
    for number, (batch, *shares) in enumerate(zip(alone, *orders, strict=True)):
        counted = [share.tolist() * (len(order.share(number)) > 0) for share, order in zip(shares, orders, strict=True)]
        assert [window for share in counted for window in share] == batch
        if by_turns:
            assert sorted(map(len, counted)) == [*[0] * (processes - 1), len(batch)]
        else:
            assert max(map(len, counted)) - min(map(len, counted)) <= 1


@given(**SIZES)
def test_the_weighted_means_of_all_processes_average_to_the_mean_of_the_batch(
    count: int, batch_size: int, processes: int
) -> None:
    positions = torch.arange(count)
    orders = [BatchOrder(positions, batch_size, True, 0, Process(rank, processes)) for rank in range(processes)]
    alone = BatchOrder(positions, batch_size, shuffle=True)
    for number, (batch, *shares) in enumerate(zip(alone, *orders, strict=True)):
        means = [order.weight(number) * share.double().mean() for order, share in zip(orders, shares, strict=True)]
        torch.testing.assert_close(torch.stack(means).mean(), batch.double().mean())
        assert alone.weight(number) == 1.0


def test_an_order_of_another_epoch_takes_half_the_memory_of_the_windows_numbers() -> None:
    batches = BatchOrder(torch.arange(50), 8, shuffle=True)
    order = batches._order()
    assert order is not None
    assert order.element_size() == batches.positions.element_size() / 2


def test_without_shuffling_windows_come_oldest_first() -> None:
    windows = WindowDataset([coin(40)], 5, 2)
    origins = torch.cat([window.origin for window in WindowLoader(windows, BatchOrder(torch.arange(20), 6))])
    assert torch.equal(origins, origins.sort().values)


@given(epoch=st.integers(0, 5), place=st.integers(0, 4), later=st.integers(0, 2))
def test_a_loader_goes_on_in_the_epoch_it_was_in_and_begins_any_other_with_its_first_batch(
    epoch: int, place: int, later: int
) -> None:
    def loader() -> WindowLoader:
        return WindowLoader(windows, BatchOrder(torch.arange(20), 6, shuffle=True, seed=3))

    def origins(batches: Iterable[Window]) -> list[list[int]]:
        return [window.origin.tolist() for window in batches]

    windows = WindowDataset([coin(40)], 5, 2)
    before, after = loader(), loader()
    before.sampler.set_epoch(epoch)
    assert len(list(zip(range(place), before, strict=False))) == place  # a loop that ends asks for no batch more
    after.load_state_dict(before.state_dict())
    iter(after)  # the trainer asks for an iterator before it says which epoch it is
    after.sampler.set_epoch(epoch + later)
    whole = loader()
    whole.sampler.set_epoch(epoch + later)
    assert origins(after) == origins(whole)[place if later == 0 else 0 :]
    after.sampler.set_epoch(epoch + later + 1)
    assert len(origins(after)) == len(after)


@pytest.mark.parametrize(("size", "batches"), [(7, 14), (50, 2), (99, 1), (100, 1)])
def test_without_its_last_batch_an_epoch_has_whole_batches_only(size: int, batches: int) -> None:
    whole = BatchOrder(torch.arange(100), size, shuffle=True, drop_last=True)
    assert [len(batch) for batch in whole] == [size] * batches == [size] * len(whole)


def test_a_batch_larger_than_all_windows_cannot_be_dropped() -> None:
    data = data_of(random_walk(120), batch_size=4096, drop_last=True)
    with pytest.raises(UserError, match=r"data.drop_last leaves none of the \d+ windows; a batch has 4096"):
        data.train_dataloader()
    data = data_of(random_walk(120), batch_size=8, drop_last=True)
    assert all(len(window.target) == 8 for window in data.train_dataloader())
    assert data.record()["settings"]["drop_last"] is True
