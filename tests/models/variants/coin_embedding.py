"""An embedding of each coin: ``forward`` names ``series``, and is given the number of each window's coin."""

import torch
from torch import Tensor, nn

from cryptoforecast import Forecaster


class CoinGRU(Forecaster):
    def __init__(self, hidden: int = 32, **kwargs):
        super().__init__(**kwargs)
        self.coin = nn.Embedding(self.series_count + 1, 4)  # 0 is a coin that was not trained on
        self.rnn = nn.GRU(self.channels + 4, hidden, batch_first=True)
        self.head = nn.Linear(hidden, self.outputs)

    def forward(self, x: Tensor, series: Tensor):
        coin = self.coin(series).unsqueeze(1).expand(-1, x.shape[1], -1)
        return self.head(self.rnn(torch.cat([x, coin], dim=-1))[0][:, -1])
