"""Arguments that meet the messages of settings, and what their advice comes to."""

import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

from cryptoforecast import CloseDataModule, CsvSource, FirstAvailable, SimulatedSource, Source, VolatilitySource
from cryptoforecast.data.processes import agreed_seed
from cryptoforecast.data.series import CloseSeries
from tests.data.advice_files import CLOSES, GOOD, NAME, PLAIN, By, Case, Outcome, case, dated, read

FORTY = [100.5 + at for at in range(40)]
SIXTY = [100.5 + at for at in range(60)]
FILES = {
    NAME: dated("Date,Close,Volume", *[f"{close},{at}" for at, close in enumerate(FORTY)]),
    "sixty.csv": dated("Date,Close", *map(str, SIXTY)),
}
BARS = {
    "ranges.csv": dated("Date,High,Low,Close", *[f"{close + 1},{close - 1},{close}" for close in FORTY]),
    "hourly.csv": dated("Date,Close", *map(str, 2 * SIXTY), freq="h", style="%Y-%m-%d %H:%M"),
}
BORDERS = "give a date among them, a count of closes, or a fraction between 0 and 1"
ANY_BORDER = "give a date, a count of closes, or a fraction between 0 and 1"


def module(
    folder: Path,
    *,
    path: Any = NAME,
    stage: str = "fit",
    source: Any = None,
    symbols: Sequence[str | None] = (None,),
    **settings: Any,
) -> CloseSeries:
    """The closes of a data module that is set up, by default of the file in a folder."""
    lengths = {"context_length": 5, "horizon": 2, **settings}
    files = [CsvSource(path, folder=str(folder), symbol=symbol) for symbol in symbols]
    data = CloseDataModule((files if len(files) > 1 else files[0]) if source is None else source, **lengths)
    data.setup(stage)
    if stage == "fit":
        data.train_dataloader()
    return data.series[0]


def two_processes(folder: Path, end: str | None = None) -> CloseSeries:
    """The closes of two processes that train together, of which the second has read more, if there are more."""
    first, second = (CloseDataModule(CsvSource(name, symbol="COIN", folder=str(folder)), 5, end=end) for name in FILES)
    for data in (first, second):
        data.setup("fit")
    read_there = {(series.provenance.symbol, series.provenance.sha256) for series in second.series}
    strategy = SimpleNamespace(broadcast=lambda found, rank: (found[0], read_there) if rank else found)
    first.trainer = SimpleNamespace(world_size=2, global_rank=0, strategy=strategy)  # type: ignore[assignment]
    agreed_seed(first.trainer, first.series)
    return first.series[0]


def gone_on(folder: Path, batch_size: int) -> CloseSeries:
    """The closes of a fit that goes on in the middle of an epoch of batches of four."""
    sizes = 4, batch_size
    before, after = (CloseDataModule(CsvSource(NAME, folder=str(folder)), 5, batch_size=size) for size in sizes)
    loaders = []
    for data in (before, after):
        data.setup("fit")
        loaders.append(data.train_dataloader())
    next(iter(loaders[0]))
    loaders[1].load_state_dict({**loaders[0].state_dict(), "place": 1})
    return after.series[0]


def parquet(folder: Path, installed: bool) -> CloseSeries:
    """The closes of a Parquet file, with pyarrow or without it."""
    with mock.patch.dict(sys.modules, {} if installed else {"pyarrow": None}):
        return read(folder, "prices.parquet")


def first_of(folder: Path, sources: Sequence[Source]) -> CloseSeries:
    """The closes of the first source of some."""
    return FirstAvailable(list(sources)).load()


def simulated(folder: Path, columns: Sequence[str] = (), **settings: Any) -> CloseSeries:
    """Simulated closes."""
    return SimulatedSource(**{"rows": 5, **settings}).load(columns)


def volatility(folder: Path, path: str = "ranges.csv", estimator: Any = "realised") -> CloseSeries:
    """The volatility of the closes of a file."""
    return VolatilitySource(CsvSource(path, folder=str(folder)), estimator).load()


class OnlyCloses(Source):
    """A source of a user's own that knows of no columns."""

    def load(self) -> Any:
        """Simulated closes."""
        return SimulatedSource(rows=99).load()


def of(load: Any, *by: By, values: dict[tuple[str, str], Outcome] | None = None, **settings: Any) -> Case:
    """A case of arguments."""
    return Case(FILES, settings, values or {}, by, load)


def then(words: str, outcome: Outcome = FORTY, **settings: Any) -> By:
    """What a user sets whom words advise."""
    return By(words, outcome, settings=settings)


PARQUET = b"PAR1" + bytes(20)
ARGUMENTS = {
    "no step ahead": of(module, horizon=0, values={("horizon", "1"): FORTY}),
    "too long to count": of(module, context_length=2**40, values={("context_length", str(2**31 - 1)): "would do"}),
    "a column's number": case(PLAIN, column=2, values={("column", "2"): "no column '2' among Close"}),
    "a number for a symbol": case(PLAIN, symbol=5930, values={("symbol", "BTC-USD"): CLOSES}),
    "an unknown word": case(PLAIN, gaps="fill", values={
        ("gaps", word): CLOSES for word in ("error", "sessions", "ffill", "split")}),
    "too few closes to forecast from": of(
        module, then("(data.context_length)", context_length=40), stage="predict", context_length=50),
    "processes with other closes": of(
        two_processes, then("set data.end to a day whose bar is over", FORTY[:30], end="2024-01-30")),
    "validation behind the test": of(
        module, then("validation comes before test", val_from=0.5, test_from=0.8), val_from=0.8, test_from=0.5),
    "a border beyond the closes": of(
        module, *(then(BORDERS, test_from=border) for border in ("2024-02-05", 35, 0.9)), test_from="2030-01-01"),
    "a border that is none": of(
        module, *(then(ANY_BORDER, test_from=border) for border in ("2024-02-05", 35, 0.9)), test_from=True),
    "a year for a border": of(module, then("for the year write 2020-01-01", None, val_from="2020-01-01"),
        source=SimulatedSource(rows=2500), val_from=2020, test_from=-100),
    "no window": of(module, then("at least 41 closes", SIXTY, path="sixty.csv"), context_length=31, values={
        ("context_length", "30"): FORTY, ("horizon", "1"): FORTY}),
    "no whole batch": of(module, then("set data.batch_size to a smaller number", batch_size=8), batch_size=4096,
        drop_last=True),
    "another size of batches": of(gone_on, then("go on with the same closes and data.batch_size", batch_size=4),
        batch_size=3),
    "columns that are no list": of(module, then("such as [Close, Volume]", columns=["Close", "Volume"]),
        columns="Close"),
    "a column twice": of(module, then("names Volume twice", columns=["Close", "Volume"]),
        columns=["Close", "Volume", "Volume"]),
    "no source": of(module, then("name at least one source", None, source=[SimulatedSource()]), source=[]),
    "no closes on these days": of(module, then("data.start (2030-01-01)", FORTY[2:], start="2024-01-03"),
        start="2030-01-01"),
    "no date": of(module, start="soon", values={("start", "2024-03-11"): "none between data.start (2024-03-11)"}),
    "a series twice": of(module, then("give each series a symbol of its own", symbols=["BTC", "ETH"]),
        symbols=["BTC", "BTC"]),
    "no source, but a name": of(module, then("not a source such as", None, source=SimulatedSource(rows=99)),
        source="BTC-USD.csv"),
    "no file's name": case(PLAIN, [By("such as 'BTC-USD.csv'", files=GOOD, settings={"path": NAME})], path=5),
    "no source to try": of(first_of, then("name at least one source", None, sources=[SimulatedSource()]), sources=[]),
    "no length of simulated bars": of(simulated, interval="1y", values={
        ("interval", length): None for length in ("15min", "1h", "1d")}),
    "closes that run away": of(simulated, then("must lie between -1 and 1", None, autocorrelation=0.5),
        autocorrelation=2.0),
    "a volatility that swings too far": of(simulated, then("must lie from 0 to 3", None, volatility_swing=1.0),
        volatility_swing=4.0),
    "simulated closes for ever": of(simulated, then("set fewer", None, rows=100),
        then("or a shorter data.source.interval", None, interval="1h"), rows=23_000,
        start="2199-12-31"),
    "simulated volumes": of(simulated, columns=["Volume"], values={("columns", "without Volume"): None}),
    "volatility of bars as long as a day": Case(BARS, {}, {}, [
        then("name such a file", None, path="hourly.csv"),
        then("set data.source.estimator parkinson", None, estimator="parkinson")], volatility),
    "a source without columns": of(module, source=OnlyCloses(), columns=["Close", "Volume"], values={
        ("columns", "without Volume"): None}),
    "Parquet without pyarrow": Case({"prices.parquet": PARQUET}, {"installed": False}, {}, [
        By("pip install pyarrow", "cannot be read as Parquet", settings={"installed": True})], parquet),
}  # fmt: skip
