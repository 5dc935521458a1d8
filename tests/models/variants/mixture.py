"""Mixture density network (Bishop, 1994, Mixture Density Networks, Aston University NCRG/94/004)."""

from torch import Tensor, nn
from torch.distributions import Categorical, MixtureSameFamily, Normal
from torch.nn.functional import softplus

from cryptoforecast import Forecaster


class MDN(Forecaster):
    def __init__(self, hidden: int = 32, parts: int = 3, **kwargs):
        super().__init__(**kwargs)
        self.shape = (self.horizon, parts, 3)
        width = self.context_length * self.channels
        self.network = nn.Sequential(nn.Flatten(), nn.Linear(width, hidden), nn.Tanh())
        self.head = nn.Linear(hidden, self.horizon * parts * 3)

    def forward(self, x: Tensor):
        logits, location, scale = self.head(self.network(x)).unflatten(1, self.shape).unbind(-1)
        return MixtureSameFamily(Categorical(logits=logits), Normal(location, 1e-2 + softplus(scale)))
