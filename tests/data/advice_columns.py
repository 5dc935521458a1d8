"""Columns and samplers that meet the messages on them, and what their advice comes to."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from cryptoforecast import CloseDataModule, CsvSource, Source, WithColumns, series_of
from cryptoforecast.data.future import known_after
from cryptoforecast.data.series import CloseSeries
from tests.data.advice_arguments import FILES, FORTY, module, of, then
from tests.data.advice_files import NAME, By, Case, case, dated

FUNDING = {
    **FILES,
    "funding.csv": dated("Date,Funding", *[f"{at / 100}" for at in range(40)]),
    "longer.csv": dated("Date,Funding", *[f"{at / 100}" for at in range(50)]),
    "short.csv": dated("Date,Funding", *[f"{at / 100}" for at in range(20)]),
    "later.csv": dated("Date,Funding", *[f"{at / 100}" for at in range(20)], start="2025-01-01"),
    "hole.csv": dated("Date,Funding", *[f"{at / 100}" for at in range(20)]) + "2024-02-09,0.5\n",
    "two.csv": dated("Date,Funding", "0.01") + "2024-01-01,0.02\n",
}
DAYS = pd.date_range("2024-01-01", periods=40, tz="UTC")


def joined(folder: Path, path: str = "funding.csv", end: str | None = None, **settings: Any) -> CloseSeries:
    """The closes of a file, with a column of another file."""
    source = WithColumns(CsvSource(NAME, folder=str(folder)), path, folder=str(folder), **settings)
    data = CloseDataModule(source, 5, end=end, columns=["Close", "Funding"])
    data.setup("predict")
    return data.series[0]


OTHER_DAYS = {"a.csv": FILES[NAME], "b.csv": dated("Date,Close", *map(str, FORTY), start="2025-01-01")}


def two_coins(folder: Path, across: bool) -> CloseSeries:
    """The closes of the first of two files."""
    data = CloseDataModule([CsvSource(name, folder=str(folder)) for name in OTHER_DAYS], 5, across=across)
    data.setup("predict")
    return data.series[0]


def known(folder: Path, path: str) -> CloseSeries:
    """The closes of a file, with a column that is known beforehand of the next two days."""
    source = WithColumns(CsvSource(NAME, folder=str(folder)), path, folder=str(folder), known=["Funding"])
    series = source.load(["Funding"])
    known_after(series, ["Funding"], 2)
    return series


class Volatilities(Source):
    """A source of a user's own whose series holds something else than closes."""

    def load(self, columns: Sequence[str] = ()) -> CloseSeries:
        """Forty volatilities."""
        return series_of({"Volatility": pd.Series(FORTY, DAYS)}, "COIN", quantity="volatility")


def indexed(folder: Path, by_day: bool) -> CloseSeries:
    """The closes that stand in a program, with times as their index or without."""
    return series_of({"Close": pd.Series(FORTY, DAYS if by_day else None)}, "COIN")


class Sampling(CloseDataModule):
    """A data module with a sampler."""

    growth: int

    def sample(self, windows: torch.Tensor, epoch: int, generator: torch.Generator) -> torch.Tensor:
        """As many windows as the test says."""
        return windows[: 3 + self.growth * epoch]


def sampled(folder: Path, growth: int) -> CloseSeries:
    """The closes from which a sampler chooses more windows in each epoch."""
    data = Sampling(CsvSource(NAME, folder=str(folder)), 5)
    data.growth = growth
    data.setup("fit")
    loader = data.train_dataloader()
    for epoch in range(2):
        loader.sampler.set_epoch(epoch)
        list(loader)
    return data.series[0]


COLUMNS_AND_SAMPLES = {
    "no column": of(module, then("first column is forecast, which is Close", columns=["Close"]), columns=[]),
    "a column in another spelling": of(module, then("is called Volume", columns=["Close", "Volume"]),
        columns=["Close", "volume"]),
    "an unknown column": of(module, columns=["Close", "Turnover"], values={("columns", "without Turnover"): FORTY}),
    "two further columns of one name": case(dated("Date,Close,Fee,Fee", "100.5,1,1", "101.25,1,1", "99.75,1,1"), [
        By("give each a heading of its own", files={NAME: dated("Date,Close,Fee,F", "100.5,1,1", "101.25,1,1",
        "99.75,1,1")})], columns=["Fee"]),
    "nothing to forecast but zeros": of(module, then("put another column first", columns=["Close", "Volume"]),
        columns=["Volume", "Close"]),
    "closes that are volatilities": of(module, source=Volatilities(), columns=["Volatility", "Close"], values={
        ("columns", "without Close"): FORTY}),
    "a delay that is none": Case(FUNDING, {"available_at": "soon"}, {
        ("available_at", delay): None for delay in ("1d", "8h", "30min")}, [], joined),
    "a column of other days": Case(FUNDING, {"path": "later.csv"}, {}, [
        By("name a file of the same days", FORTY, settings={"path": "funding.csv"})], joined),
    "a column with a hole": Case(FUNDING, {"path": "hole.csv"}, {}, [
        By("set data.source.max_age to carry it further", FORTY, settings={"max_age": "30d"})], joined),
    "a column that ends before the closes": Case(FUNDING, {"path": "short.csv"}, {}, [
        By("(data.source.max_age)", FORTY, settings={"max_age": "30d"})], joined),
    "two values of one time": Case(FUNDING, {"path": "two.csv"}, {}, [
        By("remove the wrong one", FORTY, files={"two.csv": FUNDING["funding.csv"]})], joined),
    "a single series across": of(module, then("name two or more in data.source", symbols=["BTC", "ETH"], across=True),
        then("set data.across to false", across=False), across=True),
    "series without a common time": Case(OTHER_DAYS, {"across": True}, {}, [
        By("set data.across to false", FORTY, settings={"across": False})], two_coins),
    "series that begin on other days": Case({**OTHER_DAYS, "b.csv": dated("Date,Close", *map(str, FORTY[1:]),
        start="2024-01-02")}, {"across": True}, {}, [
        By("data.across takes the bars that all series have", FORTY, settings={"across": False})], two_coins),
    "what is known as no list": of(module, then("such as [hour_of_day, month]", future=["month"]), future="month"),
    "what is known twice": of(module, then("names month twice", future=["month"]), future=["month", "month"]),
    "what nobody knows": of(module, then("neither a feature of the calendar", future=["month"]), future=["moon"]),
    "what is known too shortly": Case(FUNDING, {"path": "funding.csv"}, {}, [
        By("let the source give it in CloseSeries.ahead", FORTY, {"funding.csv": FUNDING["longer.csv"]})], known),
    "no times": of(indexed, then("set its index to a DatetimeIndex", by_day=True), by_day=False),
    "samples of other sizes": of(sampled, then("choose as many in each epoch", growth=0), growth=1),
}  # fmt: skip
