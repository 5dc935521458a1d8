"""Reversible instance normalisation with weights of its own, around a perceptron.

Kim et al. (2022), Reversible Instance Normalization for Accurate Time-Series Forecasting, ICLR.
"""

import torch
from torch import Tensor, nn

from cryptoforecast import Forecaster


class RevinMLP(Forecaster):
    def __init__(self, hidden: int = 64, **kwargs):
        super().__init__(**kwargs)
        self.weight, self.bias = nn.Parameter(torch.ones(self.channels)), nn.Parameter(torch.zeros(self.channels))
        width = self.context_length * self.channels
        self.network = nn.Sequential(nn.Flatten(), nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, self.outputs))

    def forward(self, x: Tensor):
        mean, scale = x.mean(1, keepdim=True), x.std(1, keepdim=True, correction=0) + 1e-5
        changes = self.network((x - mean) / scale * self.weight + self.bias)
        return (changes - self.bias[0]) / (self.weight[0] + 1e-5) * scale[:, 0, :1] + mean[:, 0, :1]
