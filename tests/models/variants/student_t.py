"""Student-t likelihood: ``forward`` returns a distribution of torch, and the rest is inherited."""

from torch import Tensor, nn
from torch.distributions import StudentT
from torch.nn.functional import softplus

from cryptoforecast import Forecaster


class StudentGRU(Forecaster):
    def __init__(self, hidden: int = 32, **kwargs):
        super().__init__(**kwargs)
        self.rnn = nn.GRU(self.channels, hidden, batch_first=True)
        self.head = nn.Linear(hidden, 3 * self.horizon)

    def forward(self, x: Tensor):
        location, scale, freedom = self.head(self.rnn(x)[0][:, -1]).chunk(3, dim=-1)
        return StudentT(2.1 + softplus(freedom), location, 1e-3 + softplus(scale))
