"""CNNLSTM: what its LSTM is given, worked by hand."""

import pytest
import torch

from cryptoforecast import CNNLSTM
from tests.models.helpers import weight_count


@torch.no_grad()
def test_the_lstm_sees_the_largest_of_what_the_convolution_finds() -> None:
    model = CNNLSTM(filters=[1], hidden_size=4, context_length=5, horizon=2).eval()
    convolution = model.convolutions[1]
    assert isinstance(convolution, torch.nn.Conv1d)
    assert convolution.bias is not None
    convolution.weight.copy_(
        torch.tensor([[[-1.0, 1.0]]])
    )  # the change to each bar from the bar before it, or from zero
    convolution.bias.zero_()
    x = torch.tensor([1.0, 4.0, 2.0, 9.0, 12.0]).view(1, 5, 1)
    # changes 1 3 -2 7 3; above zero 1 3 0 7 3; the largest of each two 3 7 3
    assert torch.equal(model(x), model.network(torch.tensor([3.0, 7.0, 3.0]).view(1, 3, 1)))


@pytest.mark.parametrize("settings", [{"pooling": 1}, {"filters": [4], "kernel_size": 3}])
def test_a_convolution_sees_no_later_bar(settings: dict[str, object]) -> None:
    torch.manual_seed(1)  # of other weights a ReLU may let nothing through
    model = CNNLSTM(**settings, context_length=10)  # type: ignore[arg-type]
    x = torch.randn(1, 1, 10, requires_grad=True)
    model.convolutions(x)[..., 6].sum().backward()
    assert x.grad is not None
    assert x.grad[..., 6].ne(0).all()
    assert x.grad[..., 7:].eq(0).all()


def test_the_weights_are_those_counted_by_hand() -> None:
    convolutions = (2 * 3 + 1) * 5 + (5 * 3 + 1) * 6
    lstm = 4 * 8 * (6 + 8) + 2 * 4 * 8
    model = CNNLSTM([5, 6], 3, hidden_size=8, context_length=20, horizon=7, columns=("Close", "High"))
    assert weight_count(model) == convolutions + lstm + (8 + 1) * 7
