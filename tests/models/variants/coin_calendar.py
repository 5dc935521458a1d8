"""Coin, weekday of each bar, and the calendar of the targets' times (``--data.future '[day_of_week, month]'``)."""

import torch
from torch import Tensor, nn

from cryptoforecast import Forecaster, calendar


class CoinCalendarGRU(Forecaster):
    def __init__(self, hidden: int = 32, **kwargs):
        super().__init__(**kwargs)
        self.coin = nn.Embedding(self.series_count + 1, hidden)
        self.rnn = nn.GRU(self.channels + 1, hidden, batch_first=True)
        self.head = nn.Linear(hidden + self.horizon * len(self.future), self.outputs)

    def forward(self, x: Tensor, series: Tensor, times: Tensor, future: Tensor):
        weekday = calendar(times, ["day_of_week"]).to(x.dtype)
        state = self.rnn(torch.cat([x, weekday], dim=-1), self.coin(series).unsqueeze(0))[0][:, -1]
        return self.head(torch.cat([state, future.flatten(1)], dim=1))
