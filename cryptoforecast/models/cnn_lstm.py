"""CNN-LSTM (Livieris, Pintelas and Pintelas, Neural Computing and Applications 32, 2020, 10.1007/s00521-020-04867-x).

A CNN-LSTM Model for Gold Price Time-Series Forecasting.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from jaxtyping import Float
from torch import Tensor, nn

from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.models.recurrent import RecurrentNetwork


class CNNLSTM(Forecaster):
    """Convolutions and max pooling over the context, an LSTM over what they find, and a linear map from its last state.

    The defaults are the first of the two models of the paper. Convolutions are followed by ReLU and see no later bars,
    and of a context that pooling does not divide, the last pool is smaller.

    On one CPU thread, a training step of 64 windows takes 15 ms at context 60, with 70,757 weights;
    at 512 it takes 200 ms, with 70,757.

    Args:
        filters: features of each convolution.
        kernel_size: number of bars that a convolution sees.
        pooling: number of steps of which the largest is kept.
        hidden_size: features of the state of the LSTM.
        dropout: probability of dropout before the linear map.

    >>> import torch
    >>> model = CNNLSTM(filters=[4, 8], hidden_size=8, context_length=30, horizon=7)
    >>> model.forecast(torch.rand(4, 30, 1) + 100).shape
    torch.Size([4, 7])
    """

    def __init__(
        self,
        filters: Sequence[int] = (32, 64),
        kernel_size: int = 2,
        pooling: int = 2,
        hidden_size: int = 100,
        dropout: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.convolutions = nn.Sequential()
        for before, after in pairwise([self.channels, *filters]):
            self.convolutions.extend(
                [nn.ZeroPad1d((kernel_size - 1, 0)), nn.Conv1d(before, after, kernel_size), nn.ReLU()]
            )
        self.pool = nn.MaxPool1d(pooling, ceil_mode=True)
        self.network = RecurrentNetwork(
            "LSTM", [self.channels, *filters][-1], self.outputs, hidden_size, 1, dropout, False
        )

    def forward(self, x: Float[Tensor, "batch context_length channels"]) -> Float[Tensor, "batch outputs"]:
        """Scaled closes of the horizon from scaled bars, or what the head needs in their place."""
        features = self.pool(self.convolutions(x.transpose(1, 2)))
        numbers: Tensor = self.network(features.transpose(1, 2))
        return numbers
