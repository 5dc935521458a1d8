"""A normal distribution with a loss of its own, which is given the distribution that ``forward`` returned."""

from torch import Tensor, nn
from torch.distributions import Normal
from torch.nn.functional import softplus

from cryptoforecast import Forecaster


class LinearNormal(Forecaster):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.network = nn.Linear(self.context_length, 2 * self.horizon)

    def forward(self, x: Tensor):
        location, scale = self.network(x[..., 0]).chunk(2, dim=-1)
        return Normal(location, 1e-3 + softplus(scale))

    def loss(self, output: Normal, target: Tensor):
        return -output.log_prob(target).mean()
