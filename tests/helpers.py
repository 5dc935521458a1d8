"""What tests of several rooms share and is no fixture."""

import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import pandas as pd

from cryptoforecast import CloseDataModule, CloseSeries, DataNotice, Source
from cryptoforecast.data.cleaning.clean import RawRows, to_close_series
from cryptoforecast.data.series import Gaps
from cryptoforecast.evaluation import significance

CONFIGS = Path(__file__).parent.parent / "configs"
OF_STUDIES = ("zoo", "search")  # configurations that are no fit's alone: of a study, and of a search
FITS = sorted(file for file in CONFIGS.glob("*.yaml") if file.stem not in OF_STUDIES)


SMALL = ("--data.context_length=12", "--model.hidden_size=4", "--trainer.max_epochs=1", "--trainer.accelerator=cpu")

T = TypeVar("T")


def some(few: T, many: T) -> T:
    """The many cases of a test where ``CRYPTOFORECAST_TESTS=many`` asks for them, as before a release; else the few."""
    return many if os.environ.get("CRYPTOFORECAST_TESTS") == "many" else few


def not_none(value: T | None) -> T:
    """The value, where a test is of one that must be there."""
    assert value is not None
    return value


def p_value_of(result: significance.TestResult) -> float:
    """The p-value of a test that must have one."""
    assert result.p_value is not None, result.reason
    return result.p_value


class Said(NamedTuple):
    """What a command came to."""

    status: int
    out: str
    err: str


class Given(Source):
    """Closes handed over as they are."""

    def __init__(
        self,
        closes: list[float],
        start: str = "2020-01-01",
        symbol: str = "COIN-USD",
        others: dict[str, list[float]] | None = None,
        without: Sequence[int] = (),
        gaps: Gaps = "error",
        freq: str = "D",
    ) -> None:
        self.closes = closes
        self.start = start
        self.symbol = symbol
        self.others = others or {}
        self.without = without  # positions of closes that are missing
        self.gaps = gaps
        self.freq = freq

    def load(self, columns: Sequence[str] = ()) -> CloseSeries:
        kept = np.setdiff1d(np.arange(len(self.closes)), np.array(self.without, dtype=int))
        times = pd.date_range(self.start, periods=len(self.closes), freq=self.freq, tz="UTC")[kept]
        others = {name: np.array(self.others[name])[kept] for name in columns if name in self.others}
        raw = RawRows(self.symbol, times, np.array(self.closes)[kept], "Given", others=others)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DataNotice)  # of the gaps, which the tests know of
            return to_close_series(raw, self.gaps)


def random_walk(count: int, seed: int = 0, first: float = 30_000.0) -> list[float]:
    """A geometric random walk with daily steps of 3 %."""
    steps = np.random.default_rng(seed).normal(0, 0.03, count - 1)
    walk: list[float] = (first * np.exp(np.concatenate([[0], np.cumsum(steps)]))).tolist()
    return walk


def data_of(closes: list[float], **settings: object) -> CloseDataModule:
    """A data module over given closes, set up for everything."""
    data = CloseDataModule(Given(closes), **{"context_length": 5, "horizon": 2, **settings})  # type: ignore[arg-type]
    data.setup("fit")
    return data


def coins_of(*coins: Given, **settings: object) -> CloseDataModule:
    """A data module over several coins, set up for everything."""
    data = CloseDataModule(list(coins), **{"context_length": 5, "horizon": 2, **settings})  # type: ignore[arg-type]
    data.setup("fit")
    return data


def bars(count: int, seed: int = 0) -> dict[str, list[float]]:
    """Whole bars: closes, opens, highs, lows and volumes."""
    random, closes = np.random.default_rng(seed), np.array(random_walk(count, seed))
    high, low = closes * (1 + random.uniform(0, 0.05, count)), closes * (1 - random.uniform(0, 0.05, count))
    columns = {"Close": closes, "Open": (high + low) / 2, "High": high, "Low": low}
    return {name: values.tolist() for name, values in columns.items()} | {
        "Volume": random.lognormal(20, 1, count).tolist()
    }


def write_yahoo(path: Path, closes: list[float], start: str = "2020-01-01") -> Path:
    """Closes as Yahoo's classic download has them."""
    days = pd.date_range(start, periods=len(closes))
    rows = [
        f"{day:%Y-%m-%d},{close!r},{close * 1.02!r},{close * 0.98!r},{close!r},{close!r},1000"
        for day, close in zip(days, closes, strict=True)
    ]
    path.write_text("\n".join(["Date,Open,High,Low,Close,Adj Close,Volume", *map(str, rows)]) + "\n")
    return path


class Run(NamedTuple):
    """A finished fit: its folder, its best checkpoint, and the file it read."""

    folder: Path
    checkpoint: Path
    csv: Path


def rows_of(model: str, forecasts: list[float], actuals: list[float], lasts: list[float] | float = 0.0) -> pd.DataFrame:
    origins = pd.date_range("2024-01-01", periods=len(actuals), tz="UTC")
    return pd.DataFrame(
        {"series": "COIN-USD", "model": model, "fold": 0, "origin": origins, "step": 1,
         "timestamp": origins + pd.Timedelta("1D"), "last": lasts, "forecast": forecasts, "actual": actuals}
    )  # fmt: skip


def walk_and_model(seed: int, noise: float, knows: float = 0.0, count: int = 200) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of a random walk, and of one that knows a share of the move and adds noise, in percent of the price."""
    random = np.random.default_rng(seed)
    moves = random.normal(0, 2, count)
    last, actual = np.full(count, 100.0), 100 + moves
    own = 100 + knows * moves + random.normal(0, noise, count)
    return rows_of("Model", list(own), list(actual), 100.0), rows_of("RandomWalk", list(last), list(actual), 100.0)


def coins(count: int, seed: int, knows: float = 0.0, noise: float = 0.5) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of several coins that move as one, in prices of all sizes."""
    model, walk = walk_and_model(seed, noise, knows)
    units = {f"COIN{number}-USD": 10.0 ** (number - 2) for number in range(count)}
    prices = ["last", "forecast", "actual"]
    both = [
        pd.concat(
            [
                rows.assign(series=name, **{price: unit * rows[price] for price in prices})
                for name, unit in units.items()
            ]
        )
        for rows in (model, walk)
    ]
    return both[0], both[1]
