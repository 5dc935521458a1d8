"""A Student-t likelihood in a training step of its own, which also chooses the best epoch."""

from typing import Any

from torch import Tensor, nn
from torch.distributions import StudentT
from torch.nn.functional import softplus

from cryptoforecast import Forecaster, Window


class StudentGRU(Forecaster):
    monitor = "val/nll"

    def __init__(self, hidden: int = 32, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rnn = nn.GRU(self.channels, hidden, batch_first=True)
        self.head = nn.Linear(hidden, 3 * self.horizon)

    def distribution(self, x: Tensor) -> StudentT:
        location, scale, freedom = self.head(self.rnn(x)[0][:, -1]).chunk(3, -1)
        return StudentT(2.1 + softplus(freedom), location, 1e-3 + softplus(scale))

    def forward(self, x: Tensor) -> Tensor:
        return self.distribution(x).mean

    def negative_log_likelihood(self, window: Window) -> Tensor:
        x, target = self.scaled(window)
        return -self.distribution(x).log_prob(target).mean()

    def training_step(self, window: Window, batch_index: int) -> Tensor:
        return self.negative_log_likelihood(window)

    def validation_step(self, window: Window, batch_index: int) -> None:
        super().validation_step(window, batch_index)
        self.curve("nll", self.negative_log_likelihood(window))
