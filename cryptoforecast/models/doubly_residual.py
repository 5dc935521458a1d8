"""The blocks of N-BEATS and N-HiTS: each forecasts, and subtracts from its input what it explains of it.

Doubly residual stacking: Oreshkin et al., ICLR 2020, arXiv 1905.10437, section 3.2.
"""

from collections.abc import Iterable
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn


class FixedBasis(nn.Module):
    """Functions of time that are not learned: a map from coefficients to the weighted sum of the functions.

    Args:
        functions: values of each function at each step.

    Attributes:
        in_features: count of the functions, as of ``nn.Linear``, which stands here where functions are learned.
    """

    functions: Tensor

    def __init__(self, functions: Float[Tensor, "count length"]) -> None:
        super().__init__()
        self.in_features = len(functions)
        self.register_buffer("functions", functions, persistent=False)

    def forward(self, coefficients: Float[Tensor, "*batch count"]) -> Float[Tensor, "*batch length"]:
        """The weighted sums."""
        return coefficients @ self.functions


Basis = FixedBasis | nn.Linear


class ResidualBlock(nn.Module):
    """Linear layers with ReLU, and maps from the last to the coefficients of two bases, of the input and the forecast.

    Args:
        context_length: count of the steps of the input.
        channels: count of the columns of the input; the layers see all of them, and each is explained.
        numbers: count of the numbers for a step of the forecast.
        backcast: the basis over the context; None for the last block, whose remainder no block sees.
        forecast: the basis over the horizon, the same for each number of a step.
        hidden_size: features of each layer.
        layers: count of the layers.
        pooling: number of steps of which the layers see the largest value.
    """

    def __init__(
        self,
        context_length: int,
        channels: int,
        numbers: int,
        backcast: Basis | None,
        forecast: Basis,
        hidden_size: int,
        layers: int,
        pooling: int = 1,
    ) -> None:
        super().__init__()
        self.pool = nn.MaxPool1d(pooling, ceil_mode=True) if pooling > 1 else nn.Identity()
        sizes = [-(-context_length // pooling) * channels, *[hidden_size] * layers]
        linear_layers = [nn.Sequential(nn.Linear(before, after), nn.ReLU()) for before, after in pairwise(sizes)]
        self.layers = nn.Sequential(nn.Flatten(), *linear_layers)
        self.channels, self.numbers = channels, numbers
        self.backcast, self.forecast = backcast, forecast
        self.to_forecast = nn.Linear(hidden_size, numbers * forecast.in_features, bias=False)
        if backcast is not None:
            self.to_backcast = nn.Linear(hidden_size, channels * backcast.in_features, bias=False)

    def forward(
        self, x: Float[Tensor, "batch channels context_length"]
    ) -> tuple[Float[Tensor, "batch channels context_length"] | None, Float[Tensor, "batch numbers horizon"]]:
        """What the block explains of its input, and its part of the forecast."""
        hidden = self.layers(self.pool(x))
        forecast: Tensor = self.forecast(self.to_forecast(hidden).unflatten(1, (self.numbers, -1)))
        if self.backcast is None:
            return None, forecast
        return self.backcast(self.to_backcast(hidden).unflatten(1, (self.channels, -1))), forecast


def block_forecasts(
    blocks: Iterable[nn.Module], x: Float[Tensor, "batch context_length channels"]
) -> Float[Tensor, "blocks batch outputs"]:
    """The part of the forecast of each block, which sees what the blocks before it have left of the input.

    Args:
        blocks: each a ``ResidualBlock``, in order; the same may stand several times.
        x: the input of the first.
    """
    remainder, forecasts = x.transpose(1, 2), []
    for block in blocks:
        backcast, forecast = block(remainder)
        forecasts.append(forecast.transpose(1, 2).flatten(1))
        if backcast is not None:
            remainder = remainder - backcast
    return torch.stack(forecasts)
