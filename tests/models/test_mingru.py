"""MinGRU: both of its scans against the recurrence of the paper, written out."""

import numpy as np
import pytest
import torch
from torch import Tensor

from cryptoforecast import MinGRU
from cryptoforecast.models.mingru import minimal_gru, scan_in_log_space, scan_in_time
from tests.models.helpers import weight_count

SCANS = [scan_in_log_space, scan_in_time]


def recurrence(gate: Tensor, candidate: Tensor) -> np.ndarray:
    """``h[t] = (1 − z) · h[t − 1] + z · g(c)``, bar by bar."""
    shares = 1 / (1 + np.exp(-gate.numpy()))
    values = np.where(candidate.numpy() >= 0, candidate.numpy() + 0.5, 1 / (1 + np.exp(-candidate.numpy())))
    states = [np.zeros_like(shares[:, 0])]
    for share, value in zip(np.moveaxis(shares, 1, 0), np.moveaxis(values, 1, 0), strict=True):
        states.append((1 - share) * states[-1] + share * value)
    return np.stack(states[1:], axis=1)


@pytest.mark.parametrize("scan", SCANS)
@pytest.mark.parametrize("size", [0.1, 1.0, 10.0])
def test_a_scan_gives_the_states_of_the_recurrence(scan: type[scan_in_time], size: float) -> None:
    gate, candidate = size * torch.randn(2, 4, 300, 3, dtype=torch.float64)
    np.testing.assert_allclose(scan(gate, candidate).numpy(), recurrence(gate, candidate), rtol=1e-9, atol=1e-12)


def test_both_scans_have_the_same_gradients() -> None:
    gradients = []
    for scan in SCANS:
        torch.manual_seed(0)
        gate, candidate = torch.randn(2, 3, 50, 2, dtype=torch.float64).requires_grad_().unbind(0)
        gradients.append(torch.autograd.grad(scan(gate, candidate).square().sum(), (gate, candidate)))
    torch.testing.assert_close(gradients[0], gradients[1])


@pytest.mark.parametrize("scan", SCANS)
def test_gates_that_are_shut_or_open_give_finite_states_and_gradients(scan: type[scan_in_time]) -> None:
    gate = torch.tensor([-200.0, 200.0, -200.0, 200.0, 0.0]).repeat(100).view(1, -1, 1).requires_grad_()
    candidate = torch.linspace(-200, 200, 500).view(1, -1, 1).requires_grad_()
    states = scan(gate, candidate)
    gradients = torch.autograd.grad(states.sum(), (gate, candidate))
    assert all(numbers.isfinite().all() for numbers in (states, *gradients))


def test_two_bars_by_hand() -> None:
    gate, candidate = torch.tensor([[[0.0], [0.0]]]), torch.tensor([[[1.0], [-1000.0]]])
    assert minimal_gru(gate, candidate).flatten().tolist() == [0.75, 0.375]  # half of 1 + 0.5; half of that and of zero


def test_a_bar_changes_no_features_of_bars_before_it() -> None:
    model, x = MinGRU().eval(), torch.randn(2, 60, 1)
    changed = x.clone()
    changed[:, 40:] += 1
    before, after = (model.encoder(model.embedding(bars)) for bars in (x, changed))
    assert torch.equal(before[:, :40], after[:, :40])
    assert (before[:, 40:] != after[:, 40:]).any(dim=-1).all()


def test_its_weights_are_those_counted_by_hand() -> None:
    assert weight_count(MinGRU()) == 32 + 32 + 2 * (2 * 32 + 2 * (32 * 32 + 32)) + 2 * 32 + 32 + 1
