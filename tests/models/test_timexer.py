"""TimeXer: patches of the close, and a global token through which alone the further columns are seen."""

import pytest
import torch

from cryptoforecast import TimeXer, UserError
from cryptoforecast.models.timexer import ExogenousLayer
from tests.models.helpers import weight_count


def test_patches_end_with_the_last_bar_and_the_first_bar_is_repeated_in_front() -> None:
    closes = torch.tensor([[1.0, 2.0, 3.0, 4.0, 5.0]])
    x = torch.stack([closes, -closes], dim=-1)
    patches = TimeXer(patch_length=3, context_length=5, columns=("Close", "Volume")).patches(x)
    assert patches.tolist() == [[[1.0, 1.0, 2.0], [3.0, 4.0, 5.0]]]


def test_where_patches_divide_the_context_they_are_those_of_unfold() -> None:
    x = torch.randn(2, 64, 1)
    assert torch.equal(TimeXer(context_length=64).patches(x), x[..., 0].unfold(-1, 16, 16))


def test_in_a_layer_only_the_global_token_sees_the_further_columns() -> None:
    layer = ExogenousLayer(16, 4, 32, 0.1).eval()
    tokens, exogenous = torch.randn(3, 5, 16), torch.randn(3, 2, 16)
    before, after = layer(tokens, exogenous), layer(tokens, exogenous + torch.randn(16))
    assert torch.equal(before[:, :-1], after[:, :-1])
    assert (before[:, -1] != after[:, -1]).all()


def test_the_order_of_further_columns_changes_nothing_but_the_last_bits() -> None:
    model = TimeXer(columns=("Close", "Open", "High", "Low")).eval()
    x = torch.randn(4, 60, 4)
    torch.testing.assert_close(model(x[..., [0, 3, 1, 2]]), model(x), atol=1e-6, rtol=1e-5)


def test_with_the_close_alone_its_own_context_is_the_exogenous_token() -> None:
    alone, beside = TimeXer(), TimeXer(columns=("Close", "Open"))
    beside.load_state_dict(alone.state_dict())
    x = torch.randn(4, 60, 1)
    assert torch.equal(alone.eval()(x), beside.eval()(x.expand(-1, -1, 2)))


def test_a_patch_longer_than_the_context_is_the_context() -> None:
    assert TimeXer(context_length=5).patches(torch.randn(2, 5, 1)).shape == (2, 1, 5)


def test_a_patch_without_bars_is_refused() -> None:
    with pytest.raises(UserError, match="TimeXer has patch_length 0; a patch has at least one bar."):
        TimeXer(patch_length=0)


def test_with_all_series_at_once_each_is_forecast_from_its_own_patches() -> None:
    model = TimeXer(columns=("Close", "Volume"), horizon=2, series_count=3, across=True).eval()
    x = torch.randn(4, 60, 6)
    order = x.unflatten(-1, (3, 2))[..., [2, 0, 1], :].flatten(2)
    expected = model(x).unflatten(-1, (3, 2))[:, [2, 0, 1]].flatten(1)
    torch.testing.assert_close(model(order), expected, atol=1e-6, rtol=1e-5)


def test_its_weights_are_those_counted_by_hand() -> None:
    embeddings = 16 * 64 + 64 + 4 * 64 + 64 + 60 * 64 + 64
    layer = 2 * 4 * (64 * 64 + 64) + 64 * 128 + 128 + 128 * 64 + 64 + 3 * 2 * 64
    assert weight_count(TimeXer()) == embeddings + 2 * layer + 2 * 64 + 5 * 64 + 1
