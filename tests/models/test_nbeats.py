"""NBeats: its bases beside NumPy's, its blocks computed a second time, and what its components are made of."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from cryptoforecast import NBeats, Normal, UserError
from cryptoforecast.models.nbeats import Stack, basis_of
from tests.models.helpers import arrays_of, weight_count

LENGTHS = (1, 2, 3, 4, 7, 12, 60)


def functions_of(kind: Stack, length: int, degree: int = 2) -> np.ndarray:
    functions = basis_of(kind, length, functions=0, degree=degree).functions
    assert isinstance(functions, torch.Tensor)
    values: np.ndarray = functions.numpy()
    return values


@pytest.mark.parametrize("length", LENGTHS)
def test_a_trend_is_a_polynomial_with_no_more_powers_than_there_are_steps(length: int) -> None:
    expected = np.vander(np.arange(length) / length, min(4, length), increasing=True).T
    assert functions_of("trend", length, degree=3) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("length", LENGTHS)
def test_a_seasonality_is_a_fourier_series_of_orthogonal_functions(length: int) -> None:
    angles = 2 * np.pi * np.arange(length) / length
    harmonics = range(1, int(np.floor(length / 2 - 1)) + 1)  # as the paper counts them
    sines = [function(number * angles) for function in (np.cos, np.sin) for number in harmonics]
    functions = functions_of("seasonality", length)
    assert functions == pytest.approx(np.array([np.ones(length), *sines]), abs=1e-5)
    products = functions.astype(float) @ functions.T
    assert products == pytest.approx(np.diag(np.diag(products)), abs=1e-5)


@pytest.mark.parametrize("stacks", [["generic", "generic"], ["trend", "seasonality"], ["seasonality", "generic"]])
@torch.no_grad()
def test_each_block_forecasts_from_what_the_blocks_before_it_leave_of_the_context(stacks: Sequence[Stack]) -> None:
    columns, head, blocks = ("Close", "High"), Normal("none"), 2  # two numbers for a step
    model = NBeats(stacks, blocks, 5, 2, 3, context_length=9, horizon=6, columns=columns, head=head)
    x, arrays = torch.randn(1, 9, 2), arrays_of(model)
    remainder, total = x[0].numpy().T, np.zeros((2, 6))

    def expanded(name: str, kind: Stack, hidden: np.ndarray, length: int) -> np.ndarray:
        side = name.rpartition(".")[2]
        coefficients = (arrays[name.replace(side, f"to_{side}") + ".weight"] @ hidden).reshape(2, -1)
        if kind == "generic":
            learned: np.ndarray = coefficients @ arrays[f"{name}.weight"].T + arrays[f"{name}.bias"]
            return learned
        fixed: np.ndarray = coefficients @ functions_of(kind, length)
        return fixed

    for stack, kind in enumerate(stacks):
        for block in range(blocks):
            name = f"stacks.{stack}.{block if kind == 'generic' else 0}"
            hidden = remainder.flatten()
            for layer in ("layers.1.0", "layers.2.0"):
                hidden = np.maximum(arrays[f"{name}.{layer}.weight"] @ hidden + arrays[f"{name}.{layer}.bias"], 0)
            total += expanded(f"{name}.forecast", kind, hidden, 6)
            if f"{name}.to_backcast.weight" in arrays:
                remainder = remainder - expanded(f"{name}.backcast", kind, hidden, 9)
    assert model(x)[0].view(6, 2).numpy() == pytest.approx(total.T, abs=1e-5)


@torch.no_grad()
def test_the_components_add_up_to_the_forecast_and_are_a_polynomial_and_a_fourier_series() -> None:
    model = NBeats(["trend", "seasonality"], hidden_size=8, context_length=20, horizon=12)
    x = 5 * torch.randn(4, 20, 1)
    trend, seasonality = model.components(x)
    torch.testing.assert_close(trend + seasonality, model(x))
    steps = np.arange(12)
    parabola = np.polynomial.Polynomial.fit(steps, trend[0].numpy(), deg=2)
    assert parabola(steps) == pytest.approx(trend[0].numpy(), abs=1e-5)
    assert parabola.coef[2] != 0
    amplitudes = np.abs(np.fft.rfft(seasonality.numpy(), axis=1))
    assert (amplitudes[:, :6] > 1e-4).all()
    assert amplitudes[:, 6] == pytest.approx(0, abs=1e-5)  # the highest frequency is not in the paper's basis


def test_only_the_blocks_of_a_generic_stack_have_weights_of_their_own() -> None:
    def weights_of(kind: Stack, blocks: int) -> int:
        return weight_count(NBeats([kind, "trend"], blocks, hidden_size=8, context_length=20, horizon=12))

    assert weights_of("trend", 2) == weights_of("trend", 3)
    assert weights_of("seasonality", 2) == weights_of("seasonality", 3)
    assert weights_of("generic", 2) < weights_of("generic", 3)


def test_the_weights_of_each_block_are_those_counted_by_hand() -> None:
    layers = (20 + 1) * 8 + 3 * (8 + 1) * 8
    generic = layers + 8 * 5 + (5 + 1) * 12  # layers, coefficients and functions of the forecast
    backcast = 8 * 5 + (5 + 1) * 20
    assert weight_count(NBeats(["generic"], 3, 8, 4, 5, context_length=20, horizon=12)) == 3 * generic + 2 * backcast
    trend = layers + 8 * 3 + 8 * 3
    seasonality = layers + 8 * (1 + 2 * 9) + 8 * (1 + 2 * 5)
    made = NBeats(["trend", "seasonality"], 3, 8, 4, context_length=20, horizon=12)
    assert weight_count(made) == trend + seasonality


def test_a_model_without_stacks_is_refused() -> None:
    with pytest.raises(UserError, match=r"model.stacks is \[\]; each is one of generic, trend, seasonality"):
        NBeats([])
