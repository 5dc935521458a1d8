"""``predict`` of a model that forecasts distributions: quantiles, and the fan of the next closes."""

import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import cryptoforecast as cf
from cryptoforecast.cli.main import main
from cryptoforecast.quantiles import COLUMNS
from tests.helpers import CONFIGS, SMALL, Run, Said, random_walk, write_yahoo

KNOWN = ["series", "model", "origin", "step", "timestamp", "last", "forecast"]


@pytest.fixture(scope="module")
def distribution(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A small fit of a model with a Student-t head."""
    home, before = tmp_path_factory.mktemp("distribution"), Path.cwd()
    csv = write_yahoo(home / "COIN-USD.csv", random_walk(300))
    os.chdir(home)
    try:
        assert main(["fit", "--config", str(CONFIGS / "btc.yaml"), "--data.source=CsvSource",
                     f"--data.source.path={csv}", *SMALL, "--data.horizon=2", "--model.head=StudentT",
                     "--model.head.relative_to=Ewma"]) == 0  # fmt: skip
    finally:
        os.chdir(before)
    folder = home / "runs" / "btc-LSTM" / "version_0"
    return Run(folder, folder / "checkpoints" / "best.ckpt", csv)


def test_five_quantiles_are_printed_and_all_are_written(
    type_in: Callable[..., Said], distribution: Run, tmp_path: Path
) -> None:
    printed = type_in("predict", "--ckpt_path", distribution.checkpoint)
    assert printed.out.splitlines()[0].split(",") == [*KNOWN, "0.05", "0.25", "0.5", "0.75", "0.95"]
    said = type_in("predict", "--ckpt_path", distribution.checkpoint, "--output=next.csv")
    assert (said.out, said.err) == ("", "wrote next.csv\n")
    rows = pd.read_csv(tmp_path / "next.csv")
    assert list(rows) == [*KNOWN, *COLUMNS]
    assert len(rows) == 2
    assert (rows[list(COLUMNS)].diff(axis="columns").iloc[:, 1:] > 0).all(axis=None)
    assert (rows["0.5"] == rows["forecast"]).all()
    assert (rows["0.01"] < rows["last"]).all()
    assert (rows["last"] < rows["0.99"]).all()


def test_from_python_all_quantiles_are_returned_and_the_fan_is_drawn(distribution: Run, tmp_path: Path) -> None:
    rows = cf.predict(distribution.checkpoint, plot=tmp_path / "fan.svg")
    assert list(rows) == [*KNOWN, *COLUMNS]
    assert (tmp_path / "fan.svg").read_bytes().startswith(b"<?xml")


def test_the_fan_is_drawn_beside_what_is_printed_also_of_a_model_of_points(
    type_in: Callable[..., Said], distribution: Run, fitted: Run, tmp_path: Path
) -> None:
    for run in (distribution, fitted):
        plain = type_in("predict", "--ckpt_path", run.checkpoint)
        said = type_in("predict", "--ckpt_path", run.checkpoint, "--plot=fan.png")
        assert (said.status, said.out, said.err) == (0, plain.out, f"{plain.err}wrote fan.png\n")
        assert (tmp_path / "fan.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("fan.gif", "error: fan.gif: a figure is written as PNG, SVG or PDF; let the name end in .png, .svg, .pdf.\n"),
        ("nowhere/fan.png", "error: nowhere/fan.png: there is no folder nowhere to write it into.\n"),
    ],
)
def test_a_file_that_cannot_be_drawn_is_refused_before_anything_is_forecast(
    type_in: Callable[..., Said], fitted: Run, tmp_path: Path, path: str, sentence: str
) -> None:
    said = type_in("predict", "--ckpt_path", fitted.checkpoint, f"--plot={path}", "--output=next.csv")
    assert (said.status, said.out, said.err) == (1, "", sentence)
    assert list(tmp_path.iterdir()) == []


def test_while_a_model_with_a_distribution_is_trained_tensorboard_shows_its_fan(distribution: Run) -> None:
    events = EventAccumulator(str(distribution.folder))
    events.Reload()
    assert events.Tags()["images"] == ["val/forecast", "val/changes", "val/errors", "val/fan"]


@pytest.mark.figures
def test_test_names_the_figures_that_it_has_written(type_in: Callable[..., Said], distribution: Run) -> None:
    said = type_in("test", "--ckpt_path", distribution.checkpoint, "--output_dir=out")
    names = "forecasts.csv, scores.json, forecast.png, changes.png, errors.png, fan.png, pit.png, reliability.png, "
    assert f"wrote {names}sharpness.png and crps.png of the test targets into out" in said.out
    assert Path("out", "fan.png").is_file()
