"""Files without a header whose bars stand behind epochs, with gaps where nobody traded."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.data.files.helpers import load, refusal

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
