"""Months and trading days, from a file to a backtest."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cryptoforecast.evaluation.rows import read_written_rows
from tests.cli.helpers import QUICK
from tests.helpers import Said, random_walk

TypeIn = Callable[..., Said]
ENDS = ("--data.source=CsvSource", "--data.source.path=prices.csv", "--data.horizon=2")


def months() -> pd.DatetimeIndex:
    return pd.date_range("2005-01-31", periods=202, freq="ME")


def trading_days() -> pd.DatetimeIndex:
    """Weekdays but for some holidays, and two weeks that are missing."""
    return pd.bdate_range("2022-01-03", periods=220).delete([10, 60, *range(40, 50)])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("times", "gaps", "words"),
    [
        (months(), "error", "1 month"),
        (trading_days(), "sessions", "1 trading day"),
    ],
    ids=["months", "days"],
)
def test_fit_test_predict_and_backtest_know_the_calendar(
    times: pd.DatetimeIndex, gaps: str, words: str, type_in: TypeIn
) -> None:
    kept = len(times) - 2
    pd.DataFrame({"Date": times[:kept], "Close": random_walk(kept)}).to_csv("prices.csv", index=False)
    given = (*ENDS, f"--data.source.gaps={gaps}")
    quick = [word for word in QUICK if "logger" not in word]
    said = type_in("fit", *quick, *given, "--seed_everything=0", "--trainer.default_root_dir=fit")
    assert said.status == 0, said.err
    assert f"{words} apart" in said.out
    (checkpoint,) = Path("fit").rglob("best.ckpt")
    tested = type_in("test", "--ckpt_path", checkpoint, "--output_dir=tested")
    assert tested.status == 0, tested.err
    rows = read_written_rows(Path("tested/forecasts.csv"))
    index = pd.DatetimeIndex(times, tz="UTC")
    places = [index.get_indexer(rows[name]) for name in ("origin", "timestamp")]
    assert (places[1] - places[0] == rows["step"]).all()  # a step is a bar, over weekends too
    predicted = type_in("predict", "--ckpt_path", checkpoint, "--output=next.csv")
    assert predicted.status == 0, predicted.err
    said_next = pd.to_datetime(pd.read_csv("next.csv")["timestamp"], utc=True).unique()
    assert list(said_next) == list(index[kept:])
    hours = pd.date_range("2024-01-01", periods=200, freq="h")
    pd.DataFrame({"Date": hours, "Close": random_walk(200)}).to_csv("hours.csv", index=False)
    refused = type_in("test", "--ckpt_path", checkpoint, "--data.source.path=hours.csv", "--data.source.gaps=error")
    assert f"1 hour apart, and the checkpoint was trained on bars {words} apart" in refused.err
    backtest = type_in("backtest", *QUICK, *given, "--folds=2", "--workers=1", "--output_dir=out")
    assert backtest.status == 0, backtest.err
    every = read_written_rows(Path("out/forecasts.csv"))
    walk = every[every["model"] == "RandomWalk"]
    assert not walk.duplicated(["origin", "step"]).any()
    assert set(walk["timestamp"]) == set(rows["timestamp"])
    assert json.loads(Path("out/backtest.json").read_text())["folds"][0]["end"] > str(np.min(walk["origin"]))[:10]
