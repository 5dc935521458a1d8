"""NLinear and DLinear: worked by hand, and the moving average beside SciPy's."""

import numpy as np
import pytest
import torch
from scipy.ndimage import uniform_filter1d

from cryptoforecast import DLinear, Forecaster, NLinear, Normal, Scaling, TrainMinMax, WindowStandard
from cryptoforecast.models.dlinear import moving_average
from tests.models.helpers import weight_count


def column(*values: float) -> torch.Tensor:
    """One window of one column."""
    return torch.tensor(values, dtype=torch.float32).view(1, -1, 1)


@pytest.mark.parametrize("length", [1, 5, 40])
@pytest.mark.parametrize("kernel_size", [1, 2, 3, 4, 25])
def test_the_moving_average_is_scipys_with_repeated_ends(length: int, kernel_size: int) -> None:
    x = np.random.default_rng(0).normal(size=(2, length, 3))
    even = 1 - kernel_size % 2  # an even window reaches one step further on
    expected = uniform_filter1d(x, kernel_size, axis=1, mode="nearest", origin=-even)
    assert moving_average(torch.tensor(x), kernel_size).numpy() == pytest.approx(expected, abs=1e-12)


@torch.no_grad()
def test_dlinear_maps_the_moving_average_and_the_remainder_each_by_its_own_weights() -> None:
    model = DLinear(kernel_size=3, context_length=4, horizon=2)
    model.from_trend.weight.copy_(torch.tensor([[0.25, 0.25, 0.25, 0.25], [0.0, 1.0, 0.0, 0.0]]))
    model.from_remainder.weight.copy_(torch.tensor([[1.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 10.0]]))
    model.from_trend.bias.copy_(torch.tensor([100.0, 0.0]))
    model.from_remainder.bias.zero_()
    # 0 3 6 0 has the moving average 1 3 3 2 and the remainder -1 0 3 -2
    assert model(column(0, 3, 6, 0)).tolist() == [[2.25 + 2 + 100, 3 - 20]]


@torch.no_grad()
def test_nlinear_maps_the_differences_from_the_last_bar_and_adds_the_last_close() -> None:
    model = NLinear(context_length=3, horizon=2)
    model.linear.weight.copy_(torch.tensor([[1.0, 1.0, 1.0], [2.0, 0.0, 5.0]]))
    model.linear.bias.copy_(torch.tensor([0.0, 0.5]))
    # 1 2 4 less its last is -3 -2 0
    assert model(column(1, 2, 4)).tolist() == [[-5 + 4, -6 + 0.5 + 4]]


@torch.no_grad()
def test_nlinear_takes_each_column_less_its_own_last_value_and_adds_that_of_the_close() -> None:
    model = NLinear(context_length=2, columns=("Close", "High"))
    model.linear.weight.copy_(torch.tensor([[1.0, 10.0, 0.0, 0.0]]))
    model.linear.bias.zero_()
    assert model(torch.tensor([[[1.0, 7.0], [4.0, 9.0]]])).tolist() == [[(1 - 4) + 10 * (7 - 9) + 4]]


@pytest.mark.parametrize("scaling", [TrainMinMax, WindowStandard])
@torch.no_grad()
def test_nlinear_of_weights_of_zero_is_the_random_walk_in_every_scaling(scaling: type[Scaling]) -> None:
    model = NLinear(context_length=3, horizon=2, scaling=scaling())
    model.scaling.fit(torch.tensor([1.0, 90.0], dtype=torch.float64))
    for weights in model.parameters():
        weights.zero_()
    closes = torch.tensor([10.0, 30.0, 20.0], dtype=torch.float64).view(1, 3, 1)
    torch.testing.assert_close(model.forecast(closes), closes.new_full((1, 2), 20.0), rtol=1e-6, atol=0)


@torch.no_grad()
def test_nlinear_moves_with_the_level_of_the_closes_where_a_step_has_one_number() -> None:
    x = torch.randn(4, 10, 1)
    point, normal = (NLinear(context_length=10, horizon=3, **settings) for settings in ({}, {"head": Normal("none")}))
    torch.testing.assert_close(point(x + 5), point(x) + 5)
    torch.testing.assert_close(normal(x + 5), normal(x))


@pytest.mark.parametrize(("model", "maps"), [(NLinear, 1), (DLinear, 2)])
def test_a_linear_map_has_a_weight_for_each_value_and_number_and_a_bias(model: type[Forecaster], maps: int) -> None:
    made = model(context_length=30, horizon=7, columns=("Close", "High"), head=Normal("none"))
    assert weight_count(made) == maps * (30 * 2 + 1) * 7 * 2
