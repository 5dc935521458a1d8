"""NHits: its interpolation beside NumPy's and torch's, and its blocks computed a second time."""

import numpy as np
import pytest
import torch
from torch import nn

from cryptoforecast import NHits, Normal, UserError
from cryptoforecast.models.nhits import interpolation
from tests.models.helpers import arrays_of, weight_count


@pytest.mark.parametrize("length", [1, 2, 7, 12, 60])
@pytest.mark.parametrize("steps", [1, 2, 4, 8, 100])
def test_interpolation_draws_straight_lines_between_values_that_stand_evenly(length: int, steps: int) -> None:
    count = int(np.ceil(length / steps))
    values = torch.randn(count, generator=torch.Generator().manual_seed(0))
    interpolated = (values @ interpolation(steps, length)).numpy()
    places = (np.arange(count) + 0.5) * length / count - 0.5  # the middle of the steps of each value
    assert interpolated == pytest.approx(np.interp(np.arange(length), places, values.numpy()), abs=1e-5)
    by_torch = nn.functional.interpolate(values.view(1, 1, -1), size=length, mode="linear").flatten()
    assert interpolated == pytest.approx(by_torch.numpy(), abs=1e-5)


@torch.no_grad()
def test_each_block_sees_maxima_and_interpolates_what_it_explains_and_forecasts() -> None:
    model = NHits([3, 1], [4, 2], 5, 1, context_length=8, horizon=6, columns=("Close", "High"), head=Normal("none"))
    x, arrays = torch.randn(1, 8, 2), arrays_of(model)
    remainder, total = x[0].numpy().T, np.zeros((2, 6))

    def interpolated(name: str, hidden: np.ndarray, length: int) -> np.ndarray:
        values = (arrays[f"{name}.weight"] @ hidden).reshape(2, -1)
        places = (np.arange(values.shape[1]) + 0.5) * length / values.shape[1] - 0.5
        return np.array([np.interp(np.arange(length), places, row) for row in values])

    for block, bars in enumerate((3, 1)):
        seen = [remainder[:, first : first + bars].max(axis=1) for first in range(0, 8, bars)]
        layer = f"blocks.{block}.layers.1.0"
        hidden = np.maximum(arrays[f"{layer}.weight"] @ np.array(seen).T.flatten() + arrays[f"{layer}.bias"], 0)
        total += interpolated(f"blocks.{block}.to_forecast", hidden, 6)
        if block == 0:
            remainder = remainder - interpolated("blocks.0.to_backcast", hidden, 8)
    assert model(x)[0].view(6, 2).numpy() == pytest.approx(total.T, abs=1e-5)


def test_the_weights_are_those_counted_by_hand() -> None:
    coarse = (3 + 1) * 8 + (8 + 1) * 8 + 8 * 3 + 8 * 2  # layers, 20 bars at 3 values, 12 steps at 2
    fine = (20 + 1) * 8 + (8 + 1) * 8 + 8 * 12
    assert weight_count(NHits([8, 1], [8, 1], 8, context_length=20, horizon=12)) == coarse + fine


def test_pooling_and_downsampling_have_a_number_for_each_block() -> None:
    with pytest.raises(UserError, match=r"model.pooling is \[2, 1\] and model.downsampling \[4\]; each has a number"):
        NHits(pooling=[2, 1], downsampling=[4])
    with pytest.raises(UserError, match="at least 1 for each block"):
        NHits(pooling=[0], downsampling=[1])
