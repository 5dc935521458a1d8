"""A checkpoint judged and forecast from, as typed."""

import shutil
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pandas as pd

from tests.cli.helpers import CSV
from tests.helpers import CONFIGS, SMALL, Run, Said, random_walk, write_yahoo


def test_the_checkpoint_alone_is_enough_to_forecast_from(
    fitted: Run, type_in: Callable[..., Said], tmp_path: Path
) -> None:
    shutil.copy(fitted.checkpoint, tmp_path / "x.ckpt")
    said = type_in("predict", "--ckpt_path", "x.ckpt")
    assert said.status == 0, said.err
    rows = pd.read_csv(StringIO(said.out), parse_dates=["timestamp"])
    assert list(rows) == ["series", "model", "origin", "step", "timestamp", "last", "forecast"]
    assert rows["timestamp"].dt.strftime("%Y-%m-%d").tolist() == ["2020-10-27", "2020-10-28"]
    closes = pd.read_csv(fitted.csv)["Close"]
    assert (rows["last"] == closes.iloc[-1]).all()
    assert type_in("predict", "--ckpt_path", "x.ckpt", "--output", "next.csv").out == ""
    assert (tmp_path / "next.csv").read_text() == said.out


def test_rows_before_a_window_and_after_it_change_no_forecast_from_it(
    fitted: Run, type_in: Callable[..., Said], tmp_path: Path
) -> None:
    closes = random_walk(300)
    source = ("--data.source=CsvSource", "--data.source.symbol=COIN-USD")
    write_yahoo(tmp_path / "few.csv", closes[200:], start="2020-07-19")
    whole = type_in("predict", "--ckpt_path", fitted.checkpoint).out
    few = type_in("predict", "--ckpt_path", fitted.checkpoint, *source, "--data.source.path=few.csv")
    assert few.out == whole
    write_yahoo(tmp_path / "more.csv", [*closes, *random_walk(30, seed=9)])
    more = ("--data.source.path=more.csv", "--data.end=2020-10-26")
    assert type_in("predict", "--ckpt_path", fitted.checkpoint, *source, *more).out == whole


def test_a_checkpoint_forecasts_at_the_interval_it_was_trained_on(
    fitted: Run, type_in: Callable[..., Said], tmp_path: Path
) -> None:
    hours = pd.date_range("2020-01-01", periods=50, freq="h")
    pd.DataFrame({"Date": hours, "Close": random_walk(50)}).to_csv(tmp_path / "hours.csv", index=False)
    said = type_in(
        "predict", "--ckpt_path", fitted.checkpoint, "--data.source=CsvSource", "--data.source.path=hours.csv"
    )
    assert said.status == 1
    assert "hours: the bars are 1 hour apart, and the checkpoint was trained on bars 1 day apart" in said.err


def test_targets_that_a_checkpoint_was_fitted_on_are_called_flattering(
    fitted: Run, type_in: Callable[..., Said]
) -> None:
    said = type_in(
        "test", "--ckpt_path", fitted.checkpoint, "--output_dir=.", "--data.val_from=0.3", "--data.test_from=0.4"
    )
    assert said.status == 0
    assert "scores on these targets flatter it" in said.err
    assert "flatter" not in type_in("test", "--ckpt_path", fitted.checkpoint, "--output_dir=.").err


def test_a_config_beside_a_checkpoint_changes_the_data_and_never_the_model(
    fitted: Run, type_in: Callable[..., Said], tmp_path: Path
) -> None:
    plain = type_in("test", "--ckpt_path", fitted.checkpoint, "--output_dir=.").out
    source = ("--data.source=CsvSource", f"--data.source.path={fitted.csv}")
    config = ("--config", CONFIGS / "btc.yaml")
    assert type_in("test", *config, "--ckpt_path", fitted.checkpoint, *source, "--output_dir=.").out == plain


def test_other_closes_than_the_checkpoints_are_pointed_out(
    fitted: Run, type_in: Callable[..., Said], tmp_path: Path
) -> None:
    closes, test = (
        random_walk(300),
        ("test", "--ckpt_path", fitted.checkpoint, "--output_dir=.", "--data.source=CsvSource"),
    )
    write_yahoo(tmp_path / "OTHER-USD.csv", closes)
    said = type_in(*test, "--data.source.path=OTHER-USD.csv")
    assert "the checkpoint was trained on COIN-USD, but these closes are OTHER-USD" in said.err
    closes[10] += 0.01
    write_yahoo(tmp_path / "COIN-USD.csv", closes)
    said = type_in(*test, "--data.source.path=COIN-USD.csv")
    assert "the closes of COIN-USD up to 2020-10-26 are not those the checkpoint was trained on" in said.err


def test_predict_looks_beyond_the_end_of_the_experiment(type_in: Callable[..., Said], tmp_path: Path) -> None:
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(300))
    fit = ("fit", "--config", CONFIGS / "btc.yaml", *CSV, *SMALL, "--data.end=2020-08-31")
    assert type_in(*fit).status == 0
    checkpoint = "runs/btc-LSTM/version_0/checkpoints/best.ckpt"
    assert "2020-10-27T00:00:00Z" in type_in("predict", "--ckpt_path", checkpoint).out
    assert "2020-02-01T00:00:00Z" in type_in("predict", "--ckpt_path", checkpoint, "--data.end=2020-01-31").out
