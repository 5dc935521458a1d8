"""Open, high, low and close are told by their numbers, or not at all: never wrongly."""

from pathlib import Path

import numpy as np
import pytest

from cryptoforecast import CsvSource
from cryptoforecast.data.files.columns.bars import Bars, find_bars
from tests.data.sources.vendors import made_bars


def made(rng: np.random.Generator, rows: int, overnight: float) -> np.ndarray:
    """Open, high, low and close of a random walk that goes on overnight too."""
    last, bars = 100.0, []
    for _ in range(rows):
        path = last * np.exp(np.cumsum([rng.normal(0, overnight), *rng.normal(0, 0.004, 25)]))
        bars.append([path[0], path.max(), path.min(), path[-1]])
        last = path[-1]
    return np.round(bars, rng.choice([2, 4]))


@pytest.mark.parametrize("rows", [3, 4, 6, 12, 40, 200])
@pytest.mark.parametrize("overnight", [0.0, 0.0005, 0.01, 0.02, 0.04])
def test_no_bars_are_told_wrongly(rows: int, overnight: float) -> None:
    rng, told = np.random.default_rng(rows), 0
    for _ in range(60):
        order = rng.permutation(4)
        columns = dict(enumerate(made(rng, rows, overnight).T[order]))
        columns[4] = np.round(rng.lognormal(rng.choice([4.0, 9.0]), 1.0, rows), 1)
        found = find_bars(columns, np.arange(rows))
        if len(found) == 1:
            told += 1
            assert found[0] == Bars(*(int(np.flatnonzero(order == at)[0]) for at in range(4)))
    if overnight < 0.001 and rows > 4:  # what trades around the clock is told
        assert told >= 40


def test_columns_of_four_coins_are_no_bars() -> None:
    rng = np.random.default_rng(0)
    for _ in range(60):
        market = np.cumsum(rng.normal(0, 0.03, 80))
        coins = [price * np.exp(market + np.cumsum(rng.normal(0, 0.003, 80))) for price in (80.0, 95.0, 105.0, 120.0)]
        assert len(find_bars(dict(enumerate(coins)), np.arange(80))) != 1


def test_a_close_on_which_all_readings_of_the_bars_agree_is_told(tmp_path: Path) -> None:
    bars = made_bars(rows=20)
    volume = bars["Close"] * (1 + np.random.default_rng(1).uniform(0, 0.9, len(bars)))  # may be the high as well
    stamps = bars.index.as_unit("s").astype("int64")
    rows = zip(stamps, *(bars[name] for name in ("Open", "High", "Low", "Close")), volume, strict=True)
    path = tmp_path / "f.csv"
    path.write_text("".join(",".join(map(str, row)) + "\n" for row in rows))
    assert CsvSource(str(path)).load().closes.tolist() == bars["Close"].tolist()
