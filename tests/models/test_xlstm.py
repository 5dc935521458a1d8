"""xLSTM: both memories against the equations of the paper without a stabiliser, and their exponentials stay finite."""

import numpy as np
import pytest
import torch

from cryptoforecast import XLSTM, UserError
from cryptoforecast.models.xlstm_cells import ScalarMemory, matrix_memory
from tests.models.helpers import weight_count


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def matrix_states(
    query: np.ndarray, key: np.ndarray, value: np.ndarray, input_gate: np.ndarray, forget_gate: np.ndarray
) -> np.ndarray:
    """The hidden states of one head of an mLSTM, bar by bar."""
    size = key.shape[-1]
    memory, normaliser, hidden = np.zeros((size, size)), np.zeros(size), []
    for q, k, v, i, f in zip(query, key / np.sqrt(size), value, np.exp(input_gate), sigmoid(forget_gate), strict=True):
        memory = f * memory + i * np.outer(v, k)
        normaliser = f * normaliser + i * k
        hidden.append(memory @ q / max(abs(normaliser @ q), 1))
    return np.stack(hidden)


@pytest.mark.parametrize("chunk", [1, 7, 64, 100])
def test_an_mlstm_gives_the_states_of_its_recurrence_in_chunks_of_any_length(chunk: int) -> None:
    query, key, value = torch.randn(3, 2, 3, 100, 4, dtype=torch.float64)
    gates = 3 * torch.randn(2, 2, 3, 100, dtype=torch.float64)
    hidden = matrix_memory(query, key, value, *gates, chunk=chunk)
    for window in range(2):
        for head in range(3):
            parts = (part[window, head].numpy() for part in (query, key, value, *gates))
            np.testing.assert_allclose(hidden[window, head].numpy(), matrix_states(*parts), rtol=1e-9)


def test_the_recurrent_and_the_parallel_form_of_an_mlstm_have_the_same_gradients() -> None:
    torch.manual_seed(0)
    vectors = torch.randn(3, 2, 3, 30, 4, dtype=torch.float64, requires_grad=True)
    gates = torch.randn(2, 2, 3, 30, dtype=torch.float64, requires_grad=True)
    losses = [matrix_memory(*vectors, *gates, chunk=chunk).square().sum() for chunk in (1, 30)]
    recurrent, parallel = (torch.autograd.grad(loss, (vectors, gates)) for loss in losses)
    torch.testing.assert_close(recurrent, parallel)


@pytest.mark.parametrize("input_gate", [-500.0, 500.0])
@pytest.mark.parametrize("forget_gate", [-500.0, 500.0])
def test_gates_of_any_size_give_finite_states_and_gradients(input_gate: float, forget_gate: float) -> None:
    vectors = torch.randn(3, 2, 1, 100, 4, requires_grad=True)
    gates = torch.tensor([input_gate, forget_gate]).view(2, 1, 1, 1).expand(-1, 2, 1, 100)
    memory = ScalarMemory(4, 2)
    with torch.no_grad():
        memory.gates.bias.copy_(torch.tensor([0.0, 0.0, input_gate, input_gate, forget_gate, forget_gate, 0, 0] * 2))
    for hidden in (matrix_memory(*vectors, *gates), memory(vectors[0, :, 0])):
        (gradient,) = torch.autograd.grad(hidden.sum(), vectors, retain_graph=True)
        assert hidden.isfinite().all()
        assert gradient.isfinite().all()


def test_an_slstm_gives_the_states_of_its_recurrence() -> None:
    memory = ScalarMemory(size=6, heads=2).double()
    x = torch.randn(1, 50, 6, dtype=torch.float64)
    given = memory.gates(x)[0].detach().numpy().reshape(50, 2, 12)
    recurrent = memory.recurrent.detach().numpy()
    for head in range(2):
        hidden, cell, normaliser, states = np.zeros(3), np.zeros(3), np.zeros(3), []
        for bar in given[:, head]:
            z, i, f, o = np.split(bar + hidden @ recurrent[head], 4)
            cell = sigmoid(f) * cell + np.exp(i) * np.tanh(z)
            normaliser = sigmoid(f) * normaliser + np.exp(i)
            hidden = sigmoid(o) * cell / normaliser
            states.append(hidden)
        found = memory(x)[0, :, 3 * head : 3 * head + 3].detach().numpy()
        np.testing.assert_allclose(found, np.stack(states), rtol=1e-9)


@pytest.mark.parametrize("blocks", [("mlstm",), ("slstm",), ("slstm", "mlstm", "slstm")])
def test_a_bar_changes_no_features_of_bars_before_it(blocks: tuple[str, ...]) -> None:
    model, x = XLSTM(blocks=blocks, context_length=100).eval(), torch.randn(2, 100, 1)
    changed = x.clone()
    changed[:, 70:] += 1
    before, after = (model.encoder(model.embedding(bars)) for bars in (x, changed))
    torch.testing.assert_close(before[:, :70], after[:, :70], atol=1e-6, rtol=1e-5)
    assert (before[:, 70:] != after[:, 70:]).any(dim=-1).all()


def test_heads_that_do_not_divide_the_features_are_refused() -> None:
    with pytest.raises(UserError, match="hidden_size 16 cannot be split into 5 heads; make it a multiple."):
        XLSTM(heads=5)


def test_its_weights_are_those_counted_by_hand() -> None:
    matrix = 2 * 16 + 16 * 64 + 64 + 32 * 5 + 32 * 64 + 64 + 32 * 32 + 32 + 32 * 4 + 4 + 2 * 32 + 32 + 32 * 16 + 16
    memory = 16 * 64 + 64 + 2 * 8 * 32
    scalar = 2 * 16 + memory + 2 * 16 + 2 * 16 + 16 * 44 + 44 + 22 * 16 + 16
    assert weight_count(XLSTM()) == 16 + 16 + matrix + scalar + 2 * 16 + 16 + 1
