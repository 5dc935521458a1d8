"""iTransformer: columns are tokens, and their order has no part in it; its encoder is torch's."""

import pytest
import torch
from torch import nn

from cryptoforecast import ITransformer, UserError
from cryptoforecast.models.transformer import EncoderLayer
from tests.models.helpers import weight_count

COLUMNS = ("Close", "Open", "High", "Low", "Volume")


def test_the_order_of_further_columns_changes_nothing_but_the_last_bits() -> None:
    model = ITransformer(columns=COLUMNS).eval()
    x = torch.randn(4, 60, 5)
    torch.testing.assert_close(model(x[..., [0, 3, 1, 4, 2]]), model(x), atol=1e-6, rtol=1e-5)
    assert not torch.allclose(model(x[..., [1, 0, 2, 3, 4]]), model(x))


def test_its_layers_compute_what_torchs_do() -> None:
    layer, known = EncoderLayer(16, 4, 32, 0.1), nn.TransformerEncoderLayer(16, 4, 32, 0.1, "gelu", batch_first=True)
    known.self_attn.load_state_dict(layer.attention.attention.state_dict())
    known.norm1.load_state_dict(layer.attention.norm.state_dict())
    known.linear1.load_state_dict(layer.feed_forward.maps[0].state_dict())
    known.linear2.load_state_dict(layer.feed_forward.maps[3].state_dict())
    known.norm2.load_state_dict(layer.feed_forward.norm.state_dict())
    tokens = torch.randn(3, 5, 16)
    torch.testing.assert_close(layer.eval()(tokens), known.eval()(tokens), atol=1e-6, rtol=1e-5)


def test_heads_that_do_not_divide_the_features_are_refused() -> None:
    with pytest.raises(UserError, match="hidden_size 64 cannot be split into 5 heads; make it a multiple."):
        ITransformer(heads=5)


def test_with_all_series_at_once_each_is_forecast_from_its_own_token() -> None:
    model = ITransformer(columns=("Close", "Volume"), horizon=2, series_count=3, across=True).eval()
    x = torch.randn(4, 60, 6)
    order = x.unflatten(-1, (3, 2))[..., [2, 0, 1], :].flatten(2)
    expected = model(x).unflatten(-1, (3, 2))[:, [2, 0, 1]].flatten(1)
    torch.testing.assert_close(model(order), expected, atol=1e-6, rtol=1e-5)


def test_its_weights_are_those_counted_by_hand_however_many_columns_there_are() -> None:
    attention, feed_forward = 4 * (64 * 64 + 64), 64 * 128 + 128 + 128 * 64 + 64
    expected = 60 * 64 + 64 + 2 * (attention + feed_forward + 2 * 2 * 64) + 2 * 64 + 64 + 1
    assert [weight_count(ITransformer(columns=COLUMNS[:count])) for count in (1, 5)] == [expected, expected]
