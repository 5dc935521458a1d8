"""Quantiles as outputs of their own, trained by the pinball loss: ``point``, ``loss`` and ``quantiles`` read them."""

import torch
from torch import Tensor, nn

from cryptoforecast import Forecaster
from cryptoforecast.quantiles import LEVELS, MEDIAN


class QuantileMLP(Forecaster):
    def __init__(self, hidden: int = 32, **kwargs):
        super().__init__(**kwargs)
        width = self.context_length * self.channels
        self.network = nn.Sequential(nn.Flatten(), nn.Linear(width, hidden), nn.ReLU())
        self.head = nn.Linear(hidden, self.horizon * len(LEVELS))

    def forward(self, x: Tensor):
        return self.head(self.network(x)).unflatten(1, (self.horizon, len(LEVELS)))

    def point(self, output: Tensor):
        return output[..., MEDIAN]

    def quantiles(self, output: Tensor, levels):
        return output[..., [LEVELS.index(level) for level in levels]]

    def loss(self, output: Tensor, target: Tensor):
        above, levels = target.unsqueeze(-1) - output, output.new_tensor(LEVELS)
        return torch.maximum(levels * above, (levels - 1) * above).mean()
