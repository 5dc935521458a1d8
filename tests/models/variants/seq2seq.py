"""A decoder that is fed the true closes with some probability while it is trained: scheduled sampling.

Bengio et al. (2015), Scheduled Sampling for Sequence Prediction with Recurrent Neural Networks, arXiv:1506.03099.
"""

from typing import Any

import torch
from torch import Tensor, nn

from cryptoforecast import Forecaster, Window


class Seq2Seq(Forecaster):
    def __init__(self, hidden: int = 32, teacher_forcing: float = 0.5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.teacher_forcing = teacher_forcing
        self.encoder = nn.LSTM(self.channels, hidden, batch_first=True)
        self.decoder, self.head = nn.LSTMCell(1, hidden), nn.Linear(hidden, 1)

    def decode(self, x: Tensor, target: Tensor | None = None) -> Tensor:
        state = tuple(part[0] for part in self.encoder(x)[1])
        close, closes = x[:, -1, :1], []
        for step in range(self.horizon):
            state = self.decoder(close, state)
            close = self.head(state[0])
            closes.append(close)
            if target is not None and torch.rand(()) < self.teacher_forcing:
                close = target[:, step : step + 1]
        return torch.cat(closes, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.decode(x)

    def training_step(self, window: Window, batch_index: int) -> Tensor:
        x, target = self.scaled(window)
        return self.loss(self.decode(x, target), target)
