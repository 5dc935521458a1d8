"""Trades and quotes are no bars: the sentence says so, and its own lines make bars of them."""

import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cryptoforecast import CloseSeries, CsvSource, DataNotice, UserError
from tests.data.sources.vendors import made_bars

RANDOM = np.random.default_rng(3)
MS = 1_607_471_000_000 + np.cumsum(np.floor(RANDOM.exponential(90_000, 400)).astype(int) // 60_000 * 60_000)
PRICES = np.round(18_300 + np.cumsum(RANDOM.normal(0, 3, 400)), 2)
SIDES = RANDOM.choice(["buy", "sell"], 400)
TRADES = pd.DataFrame(
    {"timestamp": MS, "trade_id": np.arange(400) + 5_000, "price": PRICES, "amount": 0.01, "side": SIDES}
)


def load(path: Path, **knobs: str) -> CloseSeries:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNotice)
        return CsvSource(str(path), **knobs).load()  # type: ignore[arg-type]


@pytest.mark.parametrize("columns", [["timestamp", "trade_id", "price", "amount"], ["timestamp", "side", "price"]])
@pytest.mark.parametrize("order", [1, -1])
def test_trades_are_named_and_the_lines_given_make_bars(
    columns: list[str], order: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    TRADES[columns][::order].to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(UserError, match="these are trades at irregular times .* not bars") as refused:
        load(tmp_path / "t.csv")
    monkeypatch.chdir(tmp_path)
    lines = re.search(r"With pandas: (.*)\.$", str(refused.value))
    assert lines is not None
    exec(lines[1], {"pandas": pd})
    closes = load(tmp_path / "bars.csv", gaps="split").closes
    hours = pd.Series(PRICES, pd.to_datetime(MS, unit="ms", utc=True)).resample("1h").last().dropna()
    assert closes.to_dict() == hours.to_dict()


def test_trades_without_a_header_are_told_by_who_made_them(tmp_path: Path) -> None:
    table = pd.DataFrame({0: TRADES["trade_id"], 1: PRICES, 2: 0.01, 3: MS, 4: SIDES == "buy", 5: True})
    table.to_csv(tmp_path / "t.csv", index=False, header=False)
    with pytest.raises(UserError, match="these are trades"):
        load(tmp_path / "t.csv")


def test_several_prices_at_irregular_times_seem_to_be_trades(tmp_path: Path) -> None:
    TRADES[["timestamp", "price"]].to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(UserError, match="these seem to be trades: irregular times, several prices at one"):
        load(tmp_path / "t.csv")


def test_quotes_have_no_close_unless_one_is_named(tmp_path: Path) -> None:
    closes = made_bars("1h")["Close"]
    table = pd.DataFrame({"time": closes.index, "bid": closes.to_numpy() - 0.5, "ask": closes.to_numpy()})
    table.to_csv(tmp_path / "q.csv", index=False)
    with pytest.raises(UserError, match=r"quotes or an order book \(columns bid and ask\).*set data.source.column"):
        load(tmp_path / "q.csv")
    assert load(tmp_path / "q.csv", column="ask").closes.tolist() == closes.tolist()


def test_bars_that_count_trades_are_bars(tmp_path: Path) -> None:
    bars = made_bars().reset_index().assign(trades=9, side="long", bid=1.0, ask=2.0)
    bars.to_csv(tmp_path / "b.csv", index=False)
    assert load(tmp_path / "b.csv").closes.tolist() == bars["Close"].tolist()


@pytest.mark.parametrize(
    "names", [["bids[0].price", "bids[0].amount", "asks[0].price"], ["best_bid", "bid_size", "ask1"]]
)
def test_order_books_are_named_however_their_levels_are_called(names: list[str], tmp_path: Path) -> None:
    table = pd.DataFrame({"time": MS[::20], names[0]: 5.1, names[1]: 3, names[2]: 5.2})
    table.to_csv(tmp_path / "q.csv", index=False)
    with pytest.raises(UserError, match="quotes or an order book"):
        load(tmp_path / "q.csv")


@pytest.mark.parametrize("size", ["Amount", "qty", "Size"])
def test_prices_with_sizes_some_seconds_apart_are_trades(size: str, tmp_path: Path) -> None:
    times = pd.to_datetime(1_607_471_000_000 + np.cumsum(RANDOM.integers(5, 20_000, 400)), unit="ms", utc=True)
    table = pd.DataFrame({"Time": times.strftime("%Y-%m-%d %H:%M:%S.%f"), "Price": PRICES, size: 0.5})
    table.to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(UserError, match=f"these are trades at irregular times .column {size}."):
        load(tmp_path / "t.csv")


def test_trades_of_seconds_without_a_header_are_told_by_times_that_stand_twice(tmp_path: Path) -> None:
    seconds = 1_607_471_000 + np.cumsum(RANDOM.integers(0, 3, 400))
    pd.DataFrame({0: seconds, 1: PRICES, 2: 0.5}).to_csv(tmp_path / "t.csv", index=False, header=False)
    with pytest.raises(UserError, match="these are trades"):
        load(tmp_path / "t.csv")


def test_trades_in_parquet_are_named(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    TRADES.assign(timestamp=pd.to_datetime(MS, unit="ms", utc=True)).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(UserError, match="these are trades"):
        load(tmp_path / "t.parquet")


@pytest.mark.parametrize("columns", [5, 21])
def test_a_table_without_times_says_so(columns: int, tmp_path: Path) -> None:
    pd.DataFrame(RANDOM.uniform(99, 101, (30, columns))).to_csv(tmp_path / "n.csv", index=False, header=False)
    with pytest.raises(UserError, match="no column holds dates or times"):
        load(tmp_path / "n.csv")
