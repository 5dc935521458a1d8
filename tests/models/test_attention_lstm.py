"""AttentionLSTM: its attention beside NumPy's, and what it does with it."""

import numpy as np
import pytest
import torch

from cryptoforecast import AttentionLSTM
from tests.models.helpers import arrays_of, weight_count


@torch.no_grad()
def test_the_weights_are_the_softmax_of_the_additive_scores_and_sum_to_one() -> None:
    model = AttentionLSTM(hidden_size=6, attention_size=5, context_length=9)
    states, arrays = 3 * torch.randn(4, 9, 6), arrays_of(model)
    values = states.numpy()
    asked = arrays["from_last.weight"] @ values[:, -1].T + arrays["from_last.bias"][:, None]
    scores = arrays["score.weight"] @ np.tanh(values @ arrays["from_state.weight"].T + asked.T[:, None]).transpose(
        0, 2, 1
    )
    expected = np.exp(scores[:, 0]) / np.exp(scores[:, 0]).sum(axis=1, keepdims=True)
    attention = model.attention(states).numpy()
    assert attention == pytest.approx(expected, abs=1e-6)
    assert attention.sum(axis=1) == pytest.approx(1, abs=1e-6)


@torch.no_grad()
def test_equal_scores_give_the_mean_of_the_states_and_a_large_score_gives_its_state() -> None:
    model = AttentionLSTM(hidden_size=6, attention_size=5, context_length=9, horizon=2).eval()
    x = torch.randn(1, 9, 1)
    states = model.lstm(x)[0]
    model.score.weight.zero_()
    expected = model.head(torch.cat([states.mean(dim=1), states[:, -1]], dim=-1))
    torch.testing.assert_close(model(x), expected)
    largest = int(states[0, :, 0].argmax())
    model.from_last.bias.zero_()
    for weights in (model.from_last.weight, model.from_state.weight, model.score.weight):
        weights.zero_()
    model.from_state.weight[0, 0], model.score.weight[0, 0] = 1.0, 1e6
    assert model.attention(states)[0].argmax() == largest
    torch.testing.assert_close(model(x), model.head(torch.cat([states[:, largest], states[:, -1]], dim=-1)))


def test_the_weights_are_those_counted_by_hand() -> None:
    lstm = 4 * 8 * (2 + 8) + 2 * 4 * 8
    attention = (8 + 1) * 5 + 8 * 5 + 5
    model = AttentionLSTM(8, 5, context_length=20, horizon=7, columns=("Close", "High"))
    assert weight_count(model) == lstm + attention + (2 * 8 + 1) * 7
