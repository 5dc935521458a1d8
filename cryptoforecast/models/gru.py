"""Gated recurrent unit (Cho et al., EMNLP 2014)."""

from typing import Any

from jaxtyping import Float
from torch import Tensor

from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.models.recurrent import RecurrentNetwork


class GRU(Forecaster):
    """A GRU over the context, and a linear map from its last state to the whole horizon.

    Args:
        hidden_size: features of the state.
        num_layers: number of stacked layers.
        dropout: probability of dropout between layers and before the linear map.

    >>> import torch
    >>> model = GRU(hidden_size=8, context_length=30, horizon=7)
    >>> model.forecast(torch.rand(4, 30, 1) + 100).shape
    torch.Size([4, 7])
    """

    def __init__(self, hidden_size: int = 64, num_layers: int = 1, dropout: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.network = RecurrentNetwork("GRU", self.channels, self.outputs, hidden_size, num_layers, dropout, False)

    def forward(self, x: Float[Tensor, "batch context_length channels"]) -> Float[Tensor, "batch outputs"]:
        """Scaled closes of the horizon from scaled bars, or what the head needs in their place."""
        numbers: Tensor = self.network(x)
        return numbers
