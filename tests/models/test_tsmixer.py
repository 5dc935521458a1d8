"""TSMixer: what its layers compute, by hand."""

import numpy as np
import torch

from cryptoforecast import TSMixer
from tests.models.helpers import arrays_of, weight_count


def normalised(x: np.ndarray) -> np.ndarray:
    """Layer normalisation over bars and columns together, before anything has been learned."""
    moments = x.mean(axis=(1, 2), keepdims=True), x.var(axis=(1, 2), keepdims=True)
    return (x - moments[0]) / np.sqrt(moments[1] + 1e-5)


def test_it_mixes_bars_then_columns_and_maps_the_bars_of_the_close() -> None:
    model = TSMixer(context_length=6, horizon=2, columns=("Close", "High", "Low"), feature_size=4).double().eval()
    w = arrays_of(model)
    x = np.random.default_rng(0).normal(size=(5, 6, 3))
    expected = x
    for layer in ("mixers.0", "mixers.1"):
        bars = np.einsum("ut,btc->buc", w[f"{layer}.time.0.weight"], normalised(expected))
        expected = expected + np.maximum(bars + w[f"{layer}.time.0.bias"][:, None], 0)
        inner = normalised(expected) @ w[f"{layer}.features.0.weight"].T + w[f"{layer}.features.0.bias"]
        expected = expected + np.maximum(inner, 0) @ w[f"{layer}.features.3.weight"].T + w[f"{layer}.features.3.bias"]
    expected = expected[..., 0] @ w["head.weight"].T + w["head.bias"]
    np.testing.assert_allclose(model(torch.from_numpy(x)).detach().numpy(), expected, rtol=1e-10)


def test_with_all_series_at_once_each_is_forecast_from_its_own_bars() -> None:
    model = TSMixer(columns=("Close", "Volume"), horizon=2, series_count=3, across=True).eval()
    x = torch.randn(4, 60, 6)
    by_hand = torch.cat([model.head(model.mixers(x)[..., column]) for column in (0, 2, 4)], dim=1)
    torch.testing.assert_close(model(x), by_hand)


def test_its_weights_are_those_counted_by_hand() -> None:
    time, features, norms = 60 * 60 + 60, 2 * 32 + 32 + 32 * 2 + 2, 2 * 2 * 60 * 2
    assert weight_count(TSMixer(columns=("Close", "Volume"))) == 2 * (time + features + norms) + 60 + 1
