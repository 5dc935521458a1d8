"""A bad argument from Python is one sentence where it is given, that names the setting and the value."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jaxtyping
import pandas as pd
import pytest

from cryptoforecast import (
    CcxtSource,
    CloseDataModule,
    CsvSource,
    FirstAvailable,
    SimulatedSource,
    Source,
    UserError,
    YahooSource,
)
from tests.helpers import random_walk, write_yahoo

NAN, INF, HUGE = float("nan"), float("inf"), 10**30
BAD_COUNTS = [-1, 1.5, NAN, INF, HUGE, True, "3", None]
CASES: list[tuple[type[Any] | Callable[..., Any], str, Any]] = [
    *((SimulatedSource, "rows", value) for value in [*BAD_COUNTS, 0, 1, 10**7]),
    *((SimulatedSource, "seed", value) for value in BAD_COUNTS),
    *((SimulatedSource, "autocorrelation", value) for value in [1, -1, 1.5, NAN, INF, HUGE, True]),
    *((SimulatedSource, "start", value) for value in ["soon", "9999-01-01", "2262-04-11", "0001-01-01", "", 5, None]),
    *((SimulatedSource, "interval", value) for value in ["0d", "-1d", "1s", "", "d", "99999d", 5, None]),
    *((YahooSource, "symbol", value) for value in ["", " ", [], 5930, 1e5, False, None, ["A", "B"], [5]]),
    *((YahooSource, "start", value) for value in ["soon", "9999-01-01", 5]),
    *((YahooSource, "interval", value) for value in ["0d", "1y", 5, ["1d"]]),
    *((YahooSource, "gaps", value) for value in ["fill", None, 5]),
    *((CcxtSource, "exchange", value) for value in ["", " ", None, 5, ["binance"]]),
    *((CcxtSource, "symbol", value) for value in ["", " ", [], 5930, None, ["A/B", "C/B"], [5]]),
    *((CcxtSource, "timeframe", value) for value in ["0d", "1x", "", 60, None, ["1d"]]),
    *((CcxtSource, "start", value) for value in ["soon", "9999-01-01", 5]),
    *((CcxtSource, "gaps", value) for value in ["fill", None, 5]),
    *((CsvSource, "path", value) for value in ["", [""], 5, None, [None]]),
    *((CsvSource, "symbol", value) for value in [5930, 1e5, False]),
    *((CsvSource, "column", value) for value in [4, True]),
    *((CsvSource, "gaps", value) for value in ["fill", None]),
    *((FirstAvailable, "sources", value) for value in [[], ["BTC.csv"], None, [SimulatedSource]]),
    *((CloseDataModule, name, value) for name in ("context_length", "horizon", "batch_size") for value in BAD_COUNTS),
    *((CloseDataModule, "num_workers", value) for value in BAD_COUNTS),
    *((CloseDataModule, name, value) for name in ("val_from", "test_from") for value in [NAN, INF, True, None, "soon"]),
    *((CloseDataModule, name, value) for name in ("start", "end") for value in ["soon", 5]),
    *((CloseDataModule, "columns", value) for value in ["Close", [], ["Close", 5]]),
    *((CloseDataModule, "source", value) for value in ["BTC.csv", None, SimulatedSource, ["BTC.csv"]]),
]
NEEDED = {
    YahooSource: {"symbol": "BTC-USD"},
    CcxtSource: {"exchange": "binance", "symbol": "BTC/USDT", "timeframe": "1h"},
    CsvSource: {"path": "x.csv"},
    CloseDataModule: {"source": SimulatedSource()},
}


@pytest.fixture
def without_beartype() -> Iterator[None]:
    """Outside of tests nothing looks at annotations."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.mark.usefixtures("without_beartype")
@pytest.mark.parametrize(("kind", "name", "value"), CASES, ids=lambda x: getattr(x, "__name__", repr(x)))
def test_it_is_refused_at_once(kind: Any, name: str, value: Any) -> None:
    with pytest.raises(UserError) as raised:
        kind(**{**NEEDED.get(kind, {}), name: value})
    sentence = str(raised.value)
    assert re.match(rf"data\.(source\.)?{name}\b", sentence), sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")


def test_a_simulated_start_may_name_its_zone() -> None:
    series = SimulatedSource(rows=5, start="2015-01-01T00:00+02:00").load()
    assert series.closes.index[0] == pd.Timestamp("2014-12-31 22:00", tz="UTC")


def test_a_path_may_be_a_path(tmp_path: Path) -> None:
    source = CsvSource(write_yahoo(tmp_path / "COIN-USD.csv", random_walk(30)))  # type: ignore[arg-type]
    assert (len(source.load().closes), source.path) == (30, str(tmp_path / "COIN-USD.csv"))


class Old(Source):
    def load(self) -> Any:
        return SimulatedSource().load()


@pytest.mark.parametrize("source", [Old(), FirstAvailable([Old()]), [Old()]])
def test_a_source_that_knows_of_no_columns_is_named_in_one_sentence(source: Any) -> None:
    with pytest.raises(UserError, match="Old gives closes only; leave Volume out of data.columns"):
        CloseDataModule(source, columns=["Close", "Volume"]).setup("fit")


def test_a_line_with_as_many_delimiters_as_a_byte_holds_is_not_taken_for_an_even_one(tmp_path: Path) -> None:
    days = pd.date_range("2024-01-01", periods=30)
    lines = [f"{day:%Y-%m-%d},{100 + at}" for at, day in enumerate(days)]
    lines[7] += "," * 255 + ",9"
    (tmp_path / "wide.csv").write_text("\n".join(["Date,Close", *lines]) + "\n")
    with pytest.raises(UserError, match="line 9: 258 columns, where the header has 2"):
        CsvSource(str(tmp_path / "wide.csv")).load()
