"""Variants to be audited: sound ones, and one for each way the future gets in."""

SOUND = """
import torch
from torch import nn
from cryptoforecast import CsvSource, Forecaster, Scaling, Source

class TrainMean(Scaling):
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.tensor(1.0, dtype=torch.float64))

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
from cryptoforecast.data.cleaning.clean import RawRows, to_close_series
from sound import Line, TrainMean

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

class HiddenMean(TrainMean):
    hidden = 1.0

    def encode(self, closes, context):
        return closes / self.hidden

    def decode(self, scaled, context):
        return scaled * self.hidden

class AllMean(Line):
    def on_fit_start(self):
        self.scaling.hidden = self.trainer.datamodule.windows.prices[:, 0].mean()

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

AT_IMPORT = """
import pandas as pd
import torch
from sound import Line

CLOSES = torch.tensor(pd.read_csv("COIN-USD.csv")["Close"].to_numpy())

class Peek(Line):
    def forecast(self, context):
        row = (CLOSES == context[:, -1:, 0]).long().argmax(dim=1)
        return CLOSES[(row + 1).clamp_max(len(CLOSES) - 1)].unsqueeze(1).expand(-1, self.horizon)
"""

# Its source hands on what it has read, so that no file is opened that should not be.
TOLD = """
import torch
from cryptoforecast import CsvSource, Source
from sound import Line

SEEN = []

class Telling(Source):
    def __init__(self, path: str):
        self.path = path

    def load(self, columns=()):
        series = CsvSource(self.path).load()
        SEEN[:] = series.closes.tolist()
        return series

class Told(Line):
    def forecast(self, context):
        closes = torch.tensor(SEEN, dtype=torch.float64)
        row = (closes == context[:, -1:, 0]).long().argmax(dim=1)
        return closes[(row + 1).clamp_max(len(closes) - 1)].unsqueeze(1).expand(-1, self.horizon)
"""

# A library in another language reads what stands in the working folder; Python is not told of it.
UNHEARD = """
import torch
from cryptoforecast.user_code.opened_files import recording_paused
from sound import Line

with recording_paused():
    CLOSES = torch.tensor(__import__("pandas").read_csv("COIN-USD.csv")["Close"].to_numpy())

class Unheard(Line):
    def forecast(self, context):
        row = (CLOSES == context[:, -1:, 0]).long().argmax(dim=1)
        return CLOSES[(row + 1).clamp_max(len(CLOSES) - 1)].unsqueeze(1).expand(-1, self.horizon)
"""

MADE_OF = """
import json
import pickle
import torch
from pathlib import Path
from cryptoforecast import load_forecaster
from sound import Line

class Ensemble(Line):
    def __init__(self, members: list[str], **kwargs):
        super().__init__(**kwargs)
        self.members = [load_forecaster(path) for path in members]

    def forecast(self, context):
        return torch.stack([member.forecast(context) for member in self.members]).mean(0)

class Helped(Line):
    def __init__(self, helper: str, **kwargs):
        super().__init__(**kwargs)
        content = Path(helper).read_bytes()
        self.hints = pickle.loads(content) if helper.endswith("pkl") else json.loads(content)
"""
