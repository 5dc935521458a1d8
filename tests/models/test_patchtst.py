"""PatchTST: its patches, the independence of columns, and its weights."""

import pytest
import torch

from cryptoforecast import PatchTST, UserError, WindowStandard
from tests.models.helpers import weight_count


@pytest.mark.parametrize(("context_length", "count"), [(60, 7), (64, 8), (16, 2), (23, 2), (24, 3)])
def test_patches_are_those_of_unfold_after_the_last_bar_has_been_repeated(context_length: int, count: int) -> None:
    model = PatchTST(context_length=context_length, columns=("Close", "Volume"))
    x = torch.randn(3, context_length, 2)
    patches = model.patches(x)
    assert patches.shape == (3, 2, count, 16)
    for column in range(2):
        padded = torch.nn.functional.pad(x[..., column].unsqueeze(1), (0, 8), mode="replicate").squeeze(1)
        unfolded = torch.nn.functional.unfold(padded[:, None, None], (1, 16), stride=(1, 8)).transpose(1, 2)
        assert torch.equal(patches[:, column], unfolded)
    assert torch.equal(patches[:, :, -1, -1], x[:, -1])


def test_a_further_column_does_not_change_the_encoding_of_the_close_and_does_change_the_forecast() -> None:
    model = PatchTST(columns=("Close", "Volume")).eval()
    x = torch.randn(3, 60, 2)
    changed = x + torch.tensor([0.0, 1.0])
    encoded, shifted = model.encode(x), model.encode(changed)
    assert torch.equal(encoded[:, 0], shifted[:, 0])
    assert not torch.equal(encoded[:, 1], shifted[:, 1])
    assert (model(x) != model(changed)).all()


def test_columns_share_their_weights() -> None:
    model = PatchTST(columns=("Close", "Volume")).eval()
    x = torch.randn(3, 60, 2)
    torch.testing.assert_close(model.encode(x.flip(-1)), model.encode(x).flip(1))


def test_with_standardised_windows_it_has_the_instance_normalisation_of_the_paper() -> None:
    model = PatchTST(context_length=20, horizon=3, scaling=WindowStandard()).eval().double()
    bars = torch.rand(4, 20, 1, dtype=torch.float64) + 100
    mean, deviation = bars.mean(dim=1, keepdim=True), bars.std(dim=1, keepdim=True, correction=0)
    by_hand = mean[:, 0] + deviation[:, 0] * model((bars - mean) / deviation)
    torch.testing.assert_close(model.forecast(bars), by_hand)


def test_a_patch_longer_than_the_context_is_the_context_and_two_patches_are_left() -> None:
    assert PatchTST(context_length=5).patches(torch.randn(2, 5, 1)).shape == (2, 1, 2, 5)


@pytest.mark.parametrize("stride", [0, 17])
def test_a_stride_that_would_leave_bars_out_is_refused(stride: int) -> None:
    with pytest.raises(UserError, match=f"PatchTST has stride {stride}; it is from 1 to patch_length, which is 16."):
        PatchTST(stride=stride)


def test_its_tokens_are_normalised_over_the_batch_in_each_feature() -> None:
    model = PatchTST(dropout=0.0)
    encoded = model.encode(torch.randn(8, 60, 1)).flatten(0, 2)
    torch.testing.assert_close(encoded.mean(dim=0), torch.zeros(16), atol=1e-5, rtol=0)
    torch.testing.assert_close(encoded.var(dim=0, correction=0), torch.ones(16), atol=1e-3, rtol=0)


def test_its_weights_are_those_counted_by_hand() -> None:
    embedding, positions = 16 * 16 + 16, 7 * 16
    attention, feed_forward, norms = 4 * (16 * 16 + 16), 16 * 128 + 128 + 128 * 16 + 16, 2 * 2 * 16
    assert weight_count(PatchTST()) == embedding + positions + 3 * (attention + feed_forward + norms) + 7 * 16 + 1
