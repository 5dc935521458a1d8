"""The order of batches."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from cryptoforecast import WindowDataset
from cryptoforecast.data.loader import BatchOrder, WindowLoader
from tests.data.test_windows import coin


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


def test_without_shuffling_windows_come_oldest_first() -> None:
    windows = WindowDataset([coin(40)], 5, 2)
    origins = torch.cat([window.origin for window in WindowLoader(windows, BatchOrder(torch.arange(20), 6))])
    assert torch.equal(origins, origins.sort().values)
