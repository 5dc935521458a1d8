"""Sources and models of a researcher's own, by public names alone: other columns, other targets, other coins."""

import sqlite3
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

import cryptoforecast as cf


class SqliteSource(cf.Source):
    """Bars of an SQLite table ``bars(symbol, time, close, …)``.

    Args:
        db: the file.
        symbol: of the series.
    """

    def __init__(self, db: str, symbol: str) -> None:
        self.db, self.symbol = db, symbol

    def load(self, columns: Sequence[str] = ()) -> cf.CloseSeries:
        """The closes, and the columns asked for."""
        with sqlite3.connect(self.db) as base:
            table = pd.read_sql_query("select * from bars where symbol = ?", base, params=[self.symbol])
        table.index = pd.to_datetime(table["time"], utc=True)
        return cf.series_of(
            {name: table[name.lower()] for name in ("Close", *columns)}, self.symbol, source="SqliteSource"
        )


class RangeVolatility(cf.Source):
    """Parkinson's volatility of another source's bars as what is forecast, with their closes beside it."""

    def __init__(self, bars: cf.Source) -> None:
        self.bars = bars

    def load(self, columns: Sequence[str] = ()) -> cf.CloseSeries:
        """The volatilities, and the closes as what a GARCH model takes."""
        bars = self.bars.load(["High", "Low"])
        assert bars.others is not None
        volatility = np.log(bars.others["High"] / bars.others["Low"]) / (2 * np.sqrt(np.log(2)))
        table = {"Volatility": volatility.clip(lower=1e-6), "Close": bars.closes}
        return cf.series_of(table, f"{bars.closes.name} volatility", quantity="volatility")


class Har(cf.Forecaster):
    """Corsi's regression on means of 1, 5 and 22 days (2009), as a linear network on log volatility."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.map = nn.Linear(3, self.outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The forecasts."""
        return self.map(torch.stack([x[:, -days:, 0].mean(1) for days in (1, 5, 22)], 1))  # type: ignore[no-any-return]


class GarchInputs(cf.Forecaster):
    """An exponentially weighted mean of squared returns, from the closes beside the volatility."""

    def forecast(self, context: torch.Tensor) -> torch.Tensor:
        """The same volatility for each step."""
        squares = context[..., self.columns.index("Close")].log().diff(dim=1).square()
        weights = 0.94 ** torch.arange(squares.shape[1] - 1, -1, -1).to(squares)
        return ((squares * weights).sum(1, keepdim=True) / weights.sum()).sqrt().expand(-1, self.horizon)


class TokenPerCoin(cf.Forecaster):
    """Each coin's history is a token, and attention runs over the coins, as in iTransformer (arXiv 2310.06625)."""

    def __init__(self, width: int = 8, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.embed = nn.Linear(self.context_length, width)
        self.encoder = nn.TransformerEncoderLayer(width, 2, 2 * width, dropout=0.0, batch_first=True)
        self.map = nn.Linear(width, self.outputs // self.series_count)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The forecasts of all coins, coin after coin."""
        return self.map(self.encoder(self.embed(x.transpose(1, 2)))).flatten(1)  # type: ignore[no-any-return]
