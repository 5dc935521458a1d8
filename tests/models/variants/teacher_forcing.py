"""Seq2seq LSTM with teacher forcing: ``target`` is given in training steps, and is None everywhere else."""

import torch
from torch import Tensor, nn

from cryptoforecast import Forecaster


class TeacherForcing(Forecaster):
    def __init__(self, hidden: int = 32, teacher_forcing: float = 0.5, **kwargs):
        super().__init__(**kwargs)
        self.teacher_forcing = teacher_forcing
        self.encoder = nn.LSTM(self.channels, hidden, batch_first=True)
        self.decoder = nn.LSTMCell(1, hidden)
        self.head = nn.Linear(hidden, 1)

    def forward(self, x: Tensor, target: Tensor | None):
        _, (hidden, cell) = self.encoder(x)
        hidden, cell, last, steps = hidden[0], cell[0], x[:, -1, :1], []
        for step in range(self.horizon):
            hidden, cell = self.decoder(last, (hidden, cell))
            last = self.head(hidden)
            steps.append(last)
            if target is not None and torch.rand(()) < self.teacher_forcing:
                last = target[:, step : step + 1]
        return torch.cat(steps, dim=1)
