"""An adversarial forecaster with two optimizers: a generator of closes, and a critic of contexts and closes together.

Goodfellow et al. (2014), Generative Adversarial Networks, arXiv:1406.2661.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from cryptoforecast import Forecaster, Window


class GAN(Forecaster):
    automatic_optimization = False

    def __init__(self, hidden: int = 32, lr: float = 1e-3, adversarial: float = 0.1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.lr, self.adversarial = lr, adversarial
        self.rnn = nn.GRU(self.channels, hidden, batch_first=True)
        self.head = nn.Linear(hidden, self.horizon)
        self.critic = nn.Sequential(nn.Linear(self.context_length + self.horizon, 64), nn.ReLU(), nn.Linear(64, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.rnn(x)[0][:, -1])

    def configure_optimizers(self) -> Any:
        generator = [*self.rnn.parameters(), *self.head.parameters()]
        return torch.optim.Adam(generator, self.lr), torch.optim.Adam(self.critic.parameters(), self.lr)

    def training_step(self, window: Window, batch_index: int) -> Tensor:
        x, target = self.scaled(window)
        for_generator, for_critic = self.optimizers()
        forecast, context = self(x), x[..., 0]
        true, false = (self.critic(torch.cat([context, part], 1)) for part in (target, forecast.detach()))
        critic = (softplus(-true) + softplus(false)).mean()
        for_critic.zero_grad()
        self.manual_backward(critic)
        for_critic.step()
        fooled = softplus(-self.critic(torch.cat([context, forecast], 1))).mean()
        loss = self.loss(forecast, target) + self.adversarial * fooled
        for_generator.zero_grad()
        self.manual_backward(loss)
        for_generator.step()
        self.curve("critic", critic)
        return loss
