"""An encoder that first learns to tell windows apart, then to forecast; best.ckpt is chosen in the second phase alone.

Oord, Li and Vinyals (2018), Representation Learning with Contrastive Predictive Coding, arXiv:1807.03748 (InfoNCE).
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize

from cryptoforecast import Forecaster, Window


class Pretrained(Forecaster):
    def __init__(self, hidden: int = 32, pretraining: int = 2, jitter: float = 0.1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pretraining, self.jitter = pretraining, jitter
        self.encoder = nn.GRU(self.channels, hidden, batch_first=True)
        self.head = nn.Linear(hidden, self.horizon)

    def encode(self, x: Tensor) -> Tensor:
        return self.encoder(x)[0][:, -1]

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.encode(x))

    def training_step(self, window: Window, batch_index: int) -> Tensor | None:
        if self.current_epoch >= self.pretraining:
            return super().training_step(window, batch_index)
        x, _ = self.scaled(window)
        first, second = (normalize(self.encode(x + self.jitter * torch.randn_like(x)), dim=1) for _ in range(2))
        return cross_entropy(first @ second.T / 0.1, torch.arange(len(x), device=x.device))

    def validation_step(self, window: Window, batch_index: int) -> None:
        if self.current_epoch >= self.pretraining:  # else val/loss is not logged, and no epoch chosen by it
            super().validation_step(window, batch_index)
