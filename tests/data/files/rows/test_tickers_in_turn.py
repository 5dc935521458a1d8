"""A column of words tells owners apart also where their dates do not overlap; words of other kinds hide no row."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.data.files.helpers import load, refusal, table

COUNT = 40
LATER = {"apart": "2018-06-01", "anew": "2015-01-10", "at once": "2015-02-11"}


def walk(level: float, seed: int) -> list[float]:
    steps = np.random.default_rng(seed).normal(0, 0.02, COUNT)
    return [round(close, 4) for close in level * np.exp(np.cumsum(steps))]


def two_owners(folder: Path, heading: str, when: str, level: float, newest_first: bool) -> str:
    """One owner's rows, then another's."""
    days = [*pd.date_range("2015-01-02", periods=COUNT), *pd.date_range(LATER[when], periods=COUNT)]
    columns = {
        "Date": [f"{day:%Y-%m-%d}" for day in days],
        "Close": [*walk(109, 1), *walk(level, 2)],
        heading: ["AAPL"] * COUNT + ["TSLA"] * COUNT,
    }
    return table(folder, {name: cells[::-1] if newest_first else cells for name, cells in columns.items()})


@pytest.mark.parametrize("heading", ["Stock", "Company", "公司", "whatever it is", ""])
@pytest.mark.parametrize(("when", "level"), [("apart", 112), ("apart", 311), ("at once", 311)])
@pytest.mark.parametrize("newest_first", [False, True])
def test_owners_whose_dates_do_not_overlap_are_told_apart(
    heading: str, when: str, level: float, newest_first: bool, tmp_path: Path
) -> None:
    path = two_owners(tmp_path, heading, when, level, newest_first)
    sentence = refusal(path, gaps="split")
    assert all(name in sentence for name in ("AAPL", "TSLA", "set data.source.symbol to one of them"))
    for name, start, closes in (("AAPL", "2015-01-02", walk(109, 1)), ("TSLA", LATER[when], walk(level, 2))):
        found = load(path, symbol=name)
        assert found.closes.tolist() == closes
        assert (found.closes.name, str(found.closes.index[0].date())) == (name, start)
    assert "MSFT is none of them" in refusal(path, symbol="MSFT", gaps="split")


def test_dates_that_begin_anew_are_those_of_another_owner(tmp_path: Path) -> None:
    path = two_owners(tmp_path, "unknown", "anew", 109, newest_first=False)
    assert "has rows of" in refusal(path, gaps="split")


WORDS = {
    "Exchange": ["NYSE"] * 30 + ["NASDAQ"] * 50,
    "type": ["daily"] * 40 + ["final"] * 40,
    "weekday": [f"{day:%A}" for day in pd.date_range("2015-01-02", periods=80)],
    "month": [f"{day:%b}" for day in pd.date_range("2015-01-02", periods=80)],
    "season": ["winter"] * 60 + ["spring"] * 20,
    "signal": ["buy", "sell", "sell", "hold"] * 20,
    "is_open": ["True"] * 79 + ["False"],
    "comment": ["first seen"] * 7 + ["revised"] * 73,
    "Company": ["Old Name Inc"] * 50 + ["New Name Inc"] * 30,
}


@pytest.mark.parametrize("heading", WORDS)
@pytest.mark.parametrize("jump", [False, True])
def test_words_that_change_while_the_closes_go_on_hide_no_row(heading: str, jump: bool, tmp_path: Path) -> None:
    days = [f"{day:%Y-%m-%d}" for day in pd.date_range("2015-01-02", periods=80)]
    closes = np.round(np.cumprod([109, *np.tile([1.01, 0.98, 1.02, 0.995], 20)[:79]]), 4)
    if jump:  # one leap in twenty rows before the words change
        closes[20:] = np.round(closes[20:] * 1.5, 4)
    path = table(tmp_path, {"Date": days, "Close": closes, heading: WORDS[heading]})
    assert load(path).closes.tolist() == closes.tolist()
    assert load(path, symbol="COIN-USD").closes.tolist() == closes.tolist()
