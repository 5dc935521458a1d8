"""TSMixer (Chen, Li, Yoder, Arik and Pfister, An All-MLP Architecture, TMLR 2023, arXiv 2303.06053)."""

from typing import Any

from jaxtyping import Float
from torch import Tensor, nn

from cryptoforecast.models.forecaster import Forecaster


class TSMixer(Forecaster):
    """Layers that mix bars and columns in turn, and a linear map from the bars of the close to the horizon.

    The paper leaves open whether normalisation is by batch or by layer, over bars and columns together. Here it is by
    layer, so that windows of a batch do not depend on each other. The paper forecasts every column; here the close is
    forecast, or with ``data.across`` the close of each series. The normalisation of each window in the authors' code
    is ``--model.scaling WindowStandard``; by default inputs are relative to the last close.

    On one CPU thread, a training step of 64 windows takes 4.8 ms at context 60, with 8,055 weights; at 512 it takes
    51 ms, with 530,115.

    Args:
        num_layers: number of mixing layers.
        feature_size: features inside the mixing of columns.
        dropout: probability of dropout after each map.

    >>> import torch
    >>> model = TSMixer(context_length=30, horizon=7, columns=("Close", "Volume"))
    >>> model.forecast(torch.rand(4, 30, 2) + 100).shape
    torch.Size([4, 7])
    """

    def __init__(self, num_layers: int = 2, feature_size: int = 32, dropout: float = 0.1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mixers = nn.Sequential(
            *(MixingLayer(self.context_length, self.channels, feature_size, dropout) for _ in range(num_layers))
        )
        self.head = nn.Linear(self.context_length, self.outputs * len(self.columns) // self.channels)

    def forward(self, x: Float[Tensor, "batch context_length channels"]) -> Float[Tensor, "batch outputs"]:
        """Scaled closes of the horizon from scaled bars, or what the head needs in their place."""
        closes = self.mixers(x)[..., :: len(self.columns)]
        numbers: Tensor = self.head(closes.transpose(1, 2)).flatten(1)
        return numbers


class MixingLayer(nn.Module):
    """A map over the bars of each column, then one over the columns of each bar, each added to its input.

    Args:
        context_length: number of bars.
        channels: number of columns.
        feature_size: features inside the mixing of columns.
        dropout: probability of dropout after each map.
    """

    def __init__(self, context_length: int, channels: int, feature_size: int, dropout: float) -> None:
        super().__init__()
        self.time_norm = nn.LayerNorm((context_length, channels))
        self.time = nn.Sequential(nn.Linear(context_length, context_length), nn.ReLU(), nn.Dropout(dropout))
        self.feature_norm = nn.LayerNorm((context_length, channels))
        self.features = nn.Sequential(
            nn.Linear(channels, feature_size),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(feature_size, channels),
            nn.Dropout(dropout),
        )

    def forward(
        self, x: Float[Tensor, "batch context_length channels"]
    ) -> Float[Tensor, "batch context_length channels"]:
        """The bars after both maps."""
        x = x + self.time(self.time_norm(x).transpose(1, 2)).transpose(1, 2)
        mixed: Tensor = x + self.features(self.feature_norm(x))
        return mixed
