"""Variants to be audited: sound ones, and one for each way the future gets in."""

SOUND = """
import torch
from torch import nn
from cryptoforecast import CsvSource, Forecaster, Scaling, Source

class TrainMean(Scaling):
    def fit(self, closes):
        self.mean = closes.mean()

    def encode(self, closes, context):
        return closes / self.mean

    def decode(self, scaled, context):
        return scaled * self.mean

class Line(Forecaster):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.head = nn.Sequential(nn.Dropout(0.1), nn.Linear(self.context_length, self.horizon))

    def forward(self, x):
        return self.head(x[..., 0])

class Trailing(Source):
    def __init__(self, path: str, days: int = 5):
        self.path = path
        self.days = days

    def load(self, columns=()):
        series = CsvSource(self.path).load()
        mean = series.closes.rolling(self.days, min_periods=1).mean()
        return series._replace(others=mean.rename("Open").to_frame()[list(columns)])
"""

LEAKS = """
import pandas as pd
import torch
from cryptoforecast import CsvSource, Source, TrainMinMax
from cryptoforecast.data.rows import RawRows, to_close_series
from sound import Line

class AllMinMax(Line):
    def setup(self, stage):
        self.scaling.fit(self.trainer.datamodule.windows.prices[:, 0])

class FileMinMax(TrainMinMax):
    def fit(self, closes):
        super().fit(torch.tensor(pd.read_csv("COIN-USD.csv")["Close"].to_numpy()))

class ReadAtOnce(TrainMinMax):
    def __init__(self):
        super().__init__()
        closes = pd.read_csv("COIN-USD.csv")["Close"]
        self.lowest, self.highest = closes.min(), closes.max()

    def fit(self, closes):
        pass

class Cheat(Line):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with open("COIN-USD.csv") as file:
            self.answers = file.read()

class AllMean(Line):
    def on_fit_start(self):
        self.scaling.mean = self.trainer.datamodule.windows.prices[:, 0].mean()

class Centred(Source):
    def __init__(self, path: str):
        self.path = path

    def load(self, columns=()):
        series = CsvSource(self.path).load()
        mean = series.closes.rolling(5, center=True, min_periods=1).mean()
        return series._replace(others=mean.rename("Open").to_frame()[list(columns)])

class BackFilled(Source):
    def __init__(self, path: str):
        self.path = path

    def load(self, columns=()):
        table = pd.read_csv(self.path, parse_dates=["Date"]).set_index("Date")["Close"]
        whole = table.asfreq("D").bfill()
        return to_close_series(RawRows("COIN-USD", whole.index.tz_localize("UTC"), whole.to_numpy(), "BackFilled"))

class TomorrowsTarget(Line):
    def training_step(self, window, batch_index):
        windows = self.trainer.datamodule.windows
        rows = torch.searchsorted(windows.times, window.origin) + 2
        return super().training_step(window._replace(target=windows.prices[rows]), batch_index)

class Remembering(Line):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.state = torch.zeros(())

    def forward(self, x):
        self.state = 0.9 * self.state + 0.1 * x.detach().mean()
        return super().forward(x) + self.state

class OfTheBatch(Line):
    def forward(self, x):
        return super().forward(x - x.mean(dim=0))

class Foreseeing(Line):
    windows = None

    def on_train_start(self):
        self.windows = self.trainer.datamodule.windows

    def forecast(self, context):
        windows = self.windows
        if windows is None:
            return super().forecast(context)
        row = torch.where(windows.prices[:-1, 0] == context[:, -1:, 0])[1]
        return super().forecast(context) + 1e-9 * windows.prices[row + 1]

class Moody(Line):
    def training_step(self, window, batch_index):
        import time
        return super().training_step(window, batch_index) * (1 + time.perf_counter() % 1)
"""
