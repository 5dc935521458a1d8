"""Files without a header whose bars stand behind epochs, with gaps where nobody traded."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.data.files.helpers import BARS, CLOSES, DAYS, OHLC, epochs, load, refusal, table
from tests.data.sources.vendors import made_bars

EVERY = {"1min": 60, "1h": 3600, "1D": 86_400}


def bars(count: int, seed: int, step: int) -> pd.DataFrame:
    """Bars with opens near the close before, of which two of three are left out."""
    random = np.random.default_rng(seed)
    close = 500 * np.exp(np.cumsum(random.normal(0, 0.01, 3 * count)))
    opened = np.append(500.0, close[:-1]) * np.exp(random.normal(0, 0.002, 3 * count))
    high = np.maximum(opened, close) * (1 + random.uniform(0.001, 0.01, 3 * count))
    low = np.minimum(opened, close) * (1 - random.uniform(0.001, 0.01, 3 * count))
    times = 1_407_196_800 + step * np.arange(3 * count)
    volume = random.exponential(9, 3 * count)
    table = pd.DataFrame({"t": times, "o": opened, "h": high, "l": low, "c": close, "v": volume}).round(5)
    kept = np.sort(random.permutation(np.arange(1, 3 * count))[: count - 2])
    return table.iloc[np.concatenate([[0], kept, kept[-1:] + 1])].drop_duplicates("t")


@pytest.mark.parametrize("every", EVERY)
@pytest.mark.parametrize("count", [22, 300])
@pytest.mark.parametrize("unit", [1, 1000, 1_000_000])
@pytest.mark.parametrize("form", ["csv", "trailing comma", "newest first", "json"])
def test_an_epoch_with_gaps_in_front_times_the_bars(
    every: str, count: int, unit: int, form: str, tmp_path: Path
) -> None:
    made = bars(count, 5, EVERY[every])
    rows = [[int(time) * unit, *rest] for time, *rest in made.itertuples(index=False)]
    rows = rows[::-1] if form == "newest first" else rows
    lines = [",".join(map(str, row)) + ("," if form == "trailing comma" else "") for row in rows]
    path = tmp_path / ("bars.json" if form == "json" else "bars.csv")
    path.write_text(json.dumps(rows) if form == "json" else "\n".join([*lines, ""]))
    found = load(str(path), gaps="split")
    assert found.closes.tolist() == made["c"].tolist()
    assert [time.timestamp() for time in found.closes.index] == made["t"].tolist()


def test_the_usual_order_is_taken_where_few_rows_do_not_tell_and_that_is_said(tmp_path: Path) -> None:
    rows = ["1407196800,100,108,99,104,7", "1407283200,102,109,100,106,3", "1407369600,103,104,95,96,9"]
    rows += ["1407542400,97,99,90,91,5", "1407628800,96,99,94,98,1"]
    (tmp_path / "bars.csv").write_text("\n".join([*rows, ""]))
    found = load(str(tmp_path / "bars.csv"), gaps="split")
    assert found.closes.tolist() == [104, 106, 96, 91, 98]
    assert "the usual order was taken, open, high, low, close" in " ".join(found.provenance.notes)
    turned = [",".join([row.split(",")[0], *row.split(",")[4:0:-1], row.split(",")[5]]) for row in rows]
    (tmp_path / "bars.csv").write_text("\n".join([*turned, ""]))
    assert "columns cannot be told" in refusal(str(tmp_path / "bars.csv"), gaps="split")


@pytest.mark.parametrize("unit", [1, 1000])
@pytest.mark.parametrize("heading", ["", "time,price\n"])
def test_two_columns_at_irregular_moments_are_trades(unit: int, heading: str, tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    times = 1_600_000_000 * unit + np.cumsum(1 + random.exponential(9 * unit, 200).astype(int))
    prices = np.round(100 + np.cumsum(random.normal(0, 0.1, 200)), 2)
    (tmp_path / "t.csv").write_text(heading + "".join(f"{a},{b}\n" for a, b in zip(times, prices, strict=True)))
    for knobs in ({}, {"column": "price" if heading else "2", "date_column": "time" if heading else "1"}):
        assert "these seem to be trades: irregular times" in refusal(str(tmp_path / "t.csv"), gaps="split", **knobs)


ORDERS = ["o h l c", "c h l o", "l h o c", "o c h l", "h l o c", "c o l h", "o l h c"]


FIRST = {"epoch": epochs(), "seconds": epochs(unit=1), "ISO": DAYS, "dots": [f"{t:%d.%m.%Y}" for t in BARS.index]}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("first", FIRST)
@pytest.mark.parametrize("newest_first", [False, True])
def test_a_file_without_a_header_is_read_in_any_order(
    order: str, first: str, newest_first: bool, tmp_path: Path
) -> None:
    letters = {name[0].lower(): values for name, values in OHLC.items()}
    columns = (
        {"t": FIRST[first]} | {letter: letters[letter] for letter in order.split()} | {"v": BARS["Volume"].tolist()}
    )
    turned = {name: list(values)[:: -1 if newest_first else 1] for name, values in columns.items()}
    for shape in (turned, {name: turned[name] for name in turned if name != "v"}, {"v": turned["v"], **turned}):
        assert load(table(tmp_path, shape, header=False)).closes.tolist() == CLOSES


def test_one_odd_bar_in_many_decides_nothing(tmp_path: Path) -> None:
    many = made_bars("1min", 2000)
    high = many["High"].tolist()
    high[777] = many["Low"].iloc[777] * 0.99
    columns = {"t": epochs(many.index), "o": many["Open"], "h": high, "l": many["Low"], "c": many["Close"]}
    assert load(table(tmp_path, columns, header=False)).closes.tolist() == many["Close"].tolist()


def test_what_the_numbers_do_not_tell_is_asked_for_by_number(tmp_path: Path) -> None:
    flat = {"t": DAYS, **{name: [100.0 + 1.5 * day for day in range(40)] for name in "ohlc"}, "v": BARS["Volume"]}
    path = table(tmp_path, flat, header=False)
    sentence = refusal(path)
    assert "has no header, and its columns cannot be told; the closes may be column 2, 3, 4, 5, 6" in sentence
    assert "set data.source.column to the number" in sentence
    assert load(path, column="5").closes.tolist() == flat["c"]
    twice = table(
        tmp_path, {"a": DAYS, "b": [f"{time:%Y-%m-%d} 17:13:09" for time in BARS.index], "c": CLOSES}, header=False
    )
    assert "the columns column 1, column 2 hold different dates; set data.source.date_column" in refusal(twice)
    for first in ("1", "column 1"):  # as the sentence writes it, too
        assert load(twice, date_column=first).closes.index.equals(BARS.index)


@pytest.mark.parametrize("stamps", [DAYS, epochs()])
@pytest.mark.parametrize("header", ["", "x,y\n", "Datum,Kurs\n", "unbekannt,irgendwas\n"])
def test_dates_and_one_column_of_numbers_need_no_headings(
    stamps: Sequence[object], header: str, tmp_path: Path
) -> None:
    rows = "\n".join(f"{stamp},{close}" for stamp, close in zip(stamps, CLOSES, strict=True))
    (tmp_path / "two.csv").write_text(header + rows + "\n")
    assert load(str(tmp_path / "two.csv")).closes.tolist() == CLOSES


def test_bars_under_headings_of_an_unknown_language_are_told_by_their_numbers(tmp_path: Path) -> None:
    headings = ["dydd", "agor", "uchaf", "isaf", "cau"]
    series = load(table(tmp_path, dict(zip(headings, [DAYS, *OHLC.values()], strict=True))))
    assert series.closes.tolist() == CLOSES
    assert any(
        "open from agor, high from uchaf, low from isaf, close from cau" in note for note in series.provenance.notes
    )
