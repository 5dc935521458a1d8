"""Small made-up tables, and what is read from them."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from cryptoforecast import CloseSeries, CsvSource, DataNotice, UserError
from tests.data.sources.vendors import made_bars

BARS = made_bars()
CLOSES = BARS["Close"].tolist()
DAYS = [f"{day:%Y-%m-%d}" for day in BARS.index]
OHLC = {name: BARS[name].tolist() for name in ("Open", "High", "Low", "Close")}


def table(folder: Path, columns: dict[str, Sequence[object]], mark: str = ",", header: bool = True) -> str:
    """A file of these columns; a heading may end in spaces, so that one may stand twice."""
    rows = [mark.join(map(str, row)) for row in zip(*columns.values(), strict=True)]
    head = [mark.join(name.rstrip() for name in columns)] if header else []
    (folder / "made.csv").write_text("\n".join([*head, *rows, ""]), encoding="utf-8")
    return str(folder / "made.csv")


def load(path: str, **knobs: str) -> CloseSeries:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNotice)
        return CsvSource(path, **knobs).load()  # type: ignore[arg-type]


def refusal(path: str, **knobs: str) -> str:
    with pytest.raises(UserError) as refused:
        load(path, **knobs)
    return str(refused.value)


def epochs(times: pd.DatetimeIndex = BARS.index, unit: int = 1000) -> list[int]:
    return [int(time.timestamp()) * unit for time in times]
