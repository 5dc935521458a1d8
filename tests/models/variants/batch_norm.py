"""A dictionary and a class as arguments, and layers that behave otherwise in training: batch normalisation.

Ioffe and Szegedy (2015), Batch Normalization, arXiv:1502.03167.
"""

from itertools import pairwise

from torch import Tensor, nn

from cryptoforecast import Forecaster


class NormalisedMLP(Forecaster):
    def __init__(self, widths: dict[str, int] | None = None, activation: type[nn.Module] = nn.ReLU, **kwargs):
        super().__init__(**kwargs)
        sizes = [self.context_length, *(widths or {"first": 16, "second": 8}).values()]
        layers = [nn.Sequential(nn.Linear(*pair), nn.BatchNorm1d(pair[1]), activation()) for pair in pairwise(sizes)]
        self.network = nn.Sequential(*layers, nn.Linear(sizes[-1], self.outputs))

    def forward(self, x: Tensor):
        return self.network(x[..., 0])
