"""Mamba: its scan against the recurrence of the paper, written out."""

import numpy as np
import pytest
import torch
from torch.nn.functional import softplus

from cryptoforecast import Mamba
from cryptoforecast.models.mamba import selective_scan
from tests.models.helpers import weight_count


@pytest.mark.parametrize("length", [1, 16, 50])
def test_the_scan_gives_the_outputs_of_the_recurrence(length: int) -> None:
    numbers = np.random.default_rng(0)
    values, step = numbers.normal(size=(2, length, 3)), numbers.uniform(0.01, 2, size=(2, length, 3))
    rate = -numbers.uniform(0.1, 3, size=(3, 4))
    into, out = numbers.normal(size=(2, 2, length, 4))
    scanned = selective_scan(*(torch.from_numpy(part) for part in (values, step, rate, into, out)))
    for window in range(2):
        for feature in range(3):
            state = np.zeros(4)
            for bar in range(length):
                size = step[window, bar, feature]
                state = np.exp(size * rate[feature]) * state + size * values[window, bar, feature] * into[window, bar]
                np.testing.assert_allclose(scanned[window, bar, feature].item(), out[window, bar] @ state, rtol=1e-9)


def test_the_scan_is_the_same_in_chunks_of_any_length() -> None:
    values, into, out = torch.randn(3, 2, 50, 4, dtype=torch.float64)
    step, rate = torch.rand(2, 50, 4, dtype=torch.float64), -torch.rand(4, 4, dtype=torch.float64)
    scans = [selective_scan(values, step, rate, into, out, chunk) for chunk in (1, 7, 16, 50)]
    for scanned in scans[1:]:
        torch.testing.assert_close(scanned, scans[0])


def test_with_equal_bars_the_scan_is_a_geometric_series() -> None:
    ones = torch.ones(1, 5, 1)
    scanned = selective_scan(ones, ones, torch.tensor([[0.5]]).log(), ones, ones)
    torch.testing.assert_close(scanned.flatten(), torch.tensor([1.0, 1.5, 1.75, 1.875, 1.9375]))


def test_before_training_rates_are_whole_numbers_and_steps_lie_between_a_thousandth_and_a_tenth() -> None:
    block = Mamba().encoder[0]
    torch.testing.assert_close(block.log_decay.exp(), torch.arange(1.0, 9).expand(32, 8))
    steps = softplus(block.to_step.bias)
    assert 0.00099 < steps.min() < steps.max() < 0.101


def test_a_bar_changes_no_features_of_bars_before_it() -> None:
    model, x = Mamba(num_layers=2).eval(), torch.randn(2, 60, 1)
    changed = x.clone()
    changed[:, 40:] += 1
    before, after = (model.encoder(model.embedding(bars)) for bars in (x, changed))
    torch.testing.assert_close(before[:, :40], after[:, :40], atol=1e-6, rtol=1e-5)
    assert (before[:, 40:] != after[:, 40:]).any(dim=-1).all()


def test_its_weights_are_those_counted_by_hand() -> None:
    block = 16 + 16 * 64 + 32 * 5 + 32 * (1 + 2 * 8) + 32 + 32 + 32 * 8 + 32 + 32 * 16
    assert weight_count(Mamba()) == 16 + 16 + block + 16 + 16 + 1
