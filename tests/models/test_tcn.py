"""TCN: which bars it sees, and its convolutions computed a second time."""

import numpy as np
import pytest
import torch

from cryptoforecast import TCN, UserError
from cryptoforecast.models.tcn import CausalBlock, receptive_field
from tests.models.helpers import arrays_of, weight_count


def seen_bars(model: TCN) -> int:
    """How many of the last bars have a gradient; those before them have none."""
    x = torch.randn(8, model.context_length, 1, requires_grad=True)
    model.eval()(x).sum().backward()
    assert x.grad is not None
    (bars,) = x.grad.abs().sum(dim=(0, 2)).nonzero(as_tuple=True)
    return model.context_length - int(bars.min())


@pytest.mark.parametrize(("kernel_size", "levels", "bars"), [(2, 1, 3), (3, 1, 5), (3, 2, 13), (2, 3, 15), (3, 3, 29)])
def test_it_sees_as_many_bars_as_its_receptive_field_has(kernel_size: int, levels: int, bars: int) -> None:
    torch.manual_seed(0)
    assert receptive_field(kernel_size, levels) == bars
    assert seen_bars(TCN(16, kernel_size, levels, context_length=40)) == bars


@pytest.mark.parametrize("context_length", [1, 5, 6, 60, 61, 62])
def test_by_default_it_has_the_fewest_levels_that_see_the_whole_context(context_length: int) -> None:
    torch.manual_seed(0)
    model = TCN(16, context_length=context_length)
    levels = len(model.blocks)
    assert seen_bars(model) == context_length
    assert levels == 1 or receptive_field(3, levels - 1) < context_length


def test_no_step_of_a_block_sees_a_later_one() -> None:
    torch.manual_seed(0)
    block = CausalBlock(1, 1, kernel_size=3, dilation=2, dropout=0.0)
    block.convolutions[2] = block.convolutions[6] = torch.nn.Identity()  # whose gradient is nowhere zero, as ReLU's
    slopes = torch.autograd.functional.jacobian(
        lambda x: block.convolutions(x.view(1, 1, 12)).flatten(), torch.randn(12)
    )
    assert torch.equal(slopes, slopes.tril())
    steps_back = {int(step - earlier) for step, earlier in slopes.nonzero()}
    assert steps_back == {0, 2, 4, 6, 8}


@pytest.mark.parametrize("inputs", [2, 3])
@torch.no_grad()
def test_a_block_is_two_convolutions_of_normalised_weights_added_to_the_input(inputs: int) -> None:
    block = CausalBlock(inputs, 3, kernel_size=2, dilation=4, dropout=0.5).eval()
    x, arrays = torch.randn(1, inputs, 10), arrays_of(block)

    def convolved(features: np.ndarray, name: str) -> np.ndarray:
        lengths, directions = (arrays[f"{name}.parametrizations.weight.original{part}"] for part in (0, 1))
        kernel = lengths * directions / np.sqrt((directions**2).sum(axis=(1, 2), keepdims=True))
        earlier = np.pad(features, ((0, 0), (4, 0)))[:, :10]
        output: np.ndarray = kernel[..., 0] @ earlier + kernel[..., 1] @ features + arrays[f"{name}.bias"][:, None]
        return np.maximum(output, 0)

    seen = x[0].numpy()
    added = seen if inputs == 3 else arrays["shortcut.weight"][..., 0] @ seen + arrays["shortcut.bias"][:, None]
    expected = np.maximum(convolved(convolved(seen, "convolutions.1"), "convolutions.5") + added, 0)
    assert block(x)[0].numpy() == pytest.approx(expected, abs=1e-5)


def test_the_weights_are_those_counted_by_hand() -> None:
    first = (1 * 3 + 1 + 1) * 8 + (8 * 3 + 1 + 1) * 8 + (1 + 1) * 8  # convolutions with lengths and biases, shortcut
    second = 2 * (8 * 3 + 1 + 1) * 8
    assert weight_count(TCN(8, 3, 2, context_length=20, horizon=7)) == first + second + (8 + 1) * 7


def test_a_convolution_of_a_single_step_is_refused() -> None:
    with pytest.raises(UserError, match="model.kernel_size is 1; to see earlier steps it must be 2 or more"):
        TCN(kernel_size=1)
