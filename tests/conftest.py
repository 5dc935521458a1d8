"""What all tests share: one thread, a seeded close series, and a way to type a command."""

import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import lightning.pytorch.cli  # noqa: F401 (before ours: what only their shape-checked import finds is compiled anew)
import numpy as np
import pandas as pd
import pytest
import torch

from cryptoforecast import CloseDataModule, CloseSeries, DataNotice, Forecaster, Scaling, Source
from cryptoforecast.cli.main import main
from cryptoforecast.data.rows import RawRows, to_close_series
from cryptoforecast.data.series import Gaps

CONFIGS = Path(__file__).parent.parent / "configs"
SMALL = ("--data.context_length=12", "--model.hidden_size=4", "--trainer.max_epochs=1", "--trainer.accelerator=cpu")


def pytest_configure() -> None:
    torch.set_num_threads(1)  # small models are faster so, and exact from run to run


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
    rows = [f"{day:%Y-%m-%d},1.0,2.0,0.5,{close!r},{close!r},1000" for day, close in zip(days, closes, strict=True)]
    path.write_text("\n".join(["Date,Open,High,Low,Close,Adj Close,Volume", *map(str, rows)]) + "\n")
    return path


@pytest.fixture(scope="session", autouse=True)
def _cache_of_all_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or fills the user's own cache, nor does what is set up once for many of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CRYPTOFORECAST_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test has a cache folder of its own, and does not wait before it asks a second time."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("CRYPTOFORECAST_CACHE", str(folder))
    monkeypatch.setattr("cryptoforecast.data.sources.yahoo_client.PAUSES", (0.0, 0.0))
    return folder


@pytest.fixture
def closes() -> list[float]:
    return random_walk(300)


@pytest.fixture
def type_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Said]]:
    """Type a command in an empty folder: ``type_in("fit", "--config", ...)``."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "argv", ["cryptoforecast"])

    def type_in(*words: object) -> Said:
        capsys.readouterr()
        status = main([str(word) for word in words])
        return Said(status, *capsys.readouterr())

    yield type_in
    forget(tmp_path)


def forget(folder: Path) -> None:
    """Forget a test's own modules, and their classes: another test may have some of the same names."""
    own = [name for name, one in sys.modules.items() if str(getattr(one, "__file__", "")).startswith(f"{folder}/")]
    for name in own:
        del sys.modules[name]
    left: list[type] = [Forecaster, Scaling, Source]
    while left:
        subclasses = left.pop().__subclasses__()
        left += subclasses
        for cls in subclasses:
            if cls.__module__ in own:  # somebody still holds it; a private name is nobody's choice
                cls.__name__ = cls.__qualname__ = "_Forgotten"


class Run(NamedTuple):
    """A finished fit: its folder, its best checkpoint, and the file it read."""

    folder: Path
    checkpoint: Path
    csv: Path


@pytest.fixture(scope="session")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One small fit that many tests look at and none changes."""
    home, before = tmp_path_factory.mktemp("fitted"), Path.cwd()
    csv = write_yahoo(home / "COIN-USD.csv", random_walk(300))
    os.chdir(home)
    try:
        assert main(["fit", "--config", str(CONFIGS / "btc.yaml"), "--data.source=CsvSource",
                     f"--data.source.path={csv}", *SMALL, "--data.horizon=2"]) == 0  # fmt: skip
    finally:
        os.chdir(before)
    folder = home / "runs" / "btc" / "version_0"
    return Run(folder, folder / "checkpoints" / "best.ckpt", csv)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """A folder of real price files, where the environment names one."""
    folder = os.environ.get("CRYPTOFORECAST_DATA")
    if folder is None:
        pytest.skip("CRYPTOFORECAST_DATA names no folder of real price files")
    return Path(folder)
