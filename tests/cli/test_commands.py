"""The verbs, typed as a user types them."""

import json
import shutil
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
import torch
import yaml

from tests.cli.helpers import CSV
from tests.helpers import CONFIGS, FITS, SMALL, Run, Said, random_walk, write_yahoo


@pytest.mark.parametrize("config", FITS, ids=lambda config: config.stem)
def test_every_shipped_config_runs_an_epoch_of_every_verb(
    config: Path, type_in: Callable[..., Said], tmp_path: Path
) -> None:
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(300))
    said = type_in("fit", "--config", config, *CSV, *SMALL)
    assert said.status == 0, said.err
    assert "val targets" in said.out
    model = yaml.safe_load(config.read_text())["model"]["class_path"]
    checkpoint = tmp_path / "runs" / f"{config.stem}-{model}" / "version_0" / "checkpoints" / "best.ckpt"
    for verb in ("validate", "test"):
        said = type_in(verb, "--ckpt_path", checkpoint)
        assert said.status == 0, said.err
        assert "persistence" in said.out
    said = type_in("predict", "--ckpt_path", checkpoint)
    assert said.status == 0, said.err
    horizon = yaml.safe_load(config.read_text())["data"]["horizon"]
    assert len(pd.read_csv(StringIO(said.out))) == horizon


@pytest.mark.parametrize("config", FITS, ids=lambda config: config.stem)
def test_a_shipped_config_is_a_whole_experiment_in_under_thirty_lines(config: Path) -> None:
    assert len(config.read_text().splitlines()) < 30
    assert set(yaml.safe_load(config.read_text())) >= {"seed_everything", "data", "model"}


def test_the_run_folder_holds_configuration_checkpoints_events_and_provenance(fitted: Run) -> None:
    names = {path.name.split(".")[0] for path in fitted.folder.iterdir()}
    assert {"config", "checkpoints", "events", "provenance"} <= names
    assert {path.name for path in (fitted.folder / "checkpoints").iterdir()} == {"best.ckpt", "last.ckpt"}
    record = json.loads((fitted.folder / "provenance.json").read_text())
    (series,) = record["series"]
    assert (series["source"], series["symbol"], series["rows"]) == ("CsvSource", "COIN-USD", 300)
    assert (series["first"][:10], series["last"][:10]) == ("2020-01-01", "2020-10-26")
    assert series["files"] == ["COIN-USD.csv"]
    assert len(series["sha256"]) == 64
    assert {"cryptoforecast", "torch", "lightning", "pandas"} <= set(record["versions"])
    assert "git_commit" in record


def test_a_saved_configuration_runs_again_to_the_same_numbers(
    fitted: Run, type_in: Callable[..., Said], tmp_path: Path
) -> None:
    said = type_in("fit", "--config", fitted.folder / "config.yaml")
    assert said.status == 0, said.err
    again = tmp_path / "runs" / "btc-LSTM" / "version_0" / "checkpoints" / "best.ckpt"
    rows = [type_in("predict", "--ckpt_path", path).out for path in (fitted.checkpoint, again)]
    assert rows[0] == rows[1]


@pytest.mark.figures
def test_test_scores_model_and_baselines_and_writes_rows_scores_and_picture(
    fitted: Run, type_in: Callable[..., Said], tmp_path: Path
) -> None:
    said = type_in("test", "--ckpt_path", fitted.checkpoint, "--output_dir", "out")
    assert said.status == 0, said.err
    content = json.loads((tmp_path / "out" / "scores.json").read_text())
    assert list(content["scores"]) == ["LSTM", "RandomWalk", "Drift", "Mean"]
    assert content["split"] == "test"
    assert content["targets"] == 2 * 29  # two steps from each of the 30 test closes but the last
    assert content["scores"]["RandomWalk"]["skill"] == 0.0
    assert content["verdict"] in said.out
    assert (tmp_path / "out" / "forecast.png").stat().st_size > 10_000
    rows = pd.read_csv(tmp_path / "out" / "forecasts.csv", parse_dates=["origin", "timestamp"])
    assert len(rows) == 4 * content["targets"]
    closes = pd.read_csv(fitted.csv, parse_dates=["Date"]).set_index("Date")["Close"].tz_localize("UTC")
    assert (rows["actual"].to_numpy() == closes[rows["timestamp"]].to_numpy()).all()
    walk = rows[rows["model"] == "RandomWalk"]
    assert (walk["forecast"].to_numpy() == closes[walk["origin"]].to_numpy()).all()
    assert not (tmp_path / "runs").exists()
    assert not (tmp_path / "lightning_logs").exists()


def test_a_run_folder_stands_for_its_best_checkpoint_and_for_its_last_to_go_on_with(
    fitted: Run, type_in: Callable[..., Said], tmp_path: Path
) -> None:
    rows = [type_in("predict", "--ckpt_path", path).out for path in (fitted.folder, fitted.checkpoint)]
    assert rows[0] == rows[1]
    run = shutil.copytree(fitted.folder, tmp_path / "runs" / "moved" / "version_0")
    said = type_in("fit", "--ckpt_path", run, "--trainer.max_epochs", "3")
    assert said.status == 0, said.err
    assert "\n    0 " not in said.out
    assert "\n    2 " in said.out
    said = type_in("test", "--ckpt_path", tmp_path)
    assert said.status == 1
    assert said.err.strip().endswith(f"{tmp_path}: holds no checkpoint of a fit.")


def test_without_an_output_folder_the_run_folder_takes_the_files(
    fitted: Run, type_in: Callable[..., Said], tmp_path: Path
) -> None:
    run = shutil.copytree(fitted.folder, tmp_path / "moved")
    assert type_in("validate", "--ckpt_path", run / "checkpoints" / "best.ckpt").status == 0
    assert json.loads((run / "scores.json").read_text())["split"] == "val"


def test_fit_ends_with_the_validation_scores_of_the_best_checkpoint(
    fitted: Run, type_in: Callable[..., Said], tmp_path: Path
) -> None:
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(300))
    said = type_in("fit", "--config", CONFIGS / "btc.yaml", *CSV, *SMALL, "--trainer.max_epochs=3")
    best = tmp_path / "runs" / "btc-LSTM" / "version_0" / "checkpoints" / "best.ckpt"
    verdict = json.loads(
        (type_in("validate", "--ckpt_path", best, "--output_dir", tmp_path), tmp_path / "scores.json")[1].read_text()
    )
    assert verdict["verdict"] in said.out
    assert f"{verdict['targets']} val targets" in said.out
    assert "test --ckpt_path" in said.out


def test_a_profiler_that_is_asked_for_measures(type_in: Callable[..., Said], tmp_path: Path) -> None:
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(300))
    asked = ("--trainer.profiler=SimpleProfiler", "--trainer.profiler.dirpath=.", "--trainer.profiler.filename=took")
    assert type_in("fit", "--config", CONFIGS / "btc.yaml", *CSV, *SMALL, *asked).status == 0
    assert "run_training_batch" in (tmp_path / "fit-took.txt").read_text()


def test_a_baseline_can_be_fitted_and_tested_like_a_model(type_in: Callable[..., Said], tmp_path: Path) -> None:
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(300))
    said = type_in("fit", "--config", CONFIGS / "btc.yaml", *CSV, "--model=Drift", "--trainer.max_epochs=1")
    assert said.status == 0, said.err
    said = type_in("test", "--ckpt_path", "runs/btc-Drift/version_0/checkpoints/last.ckpt")
    assert said.status == 0, said.err
    assert "Drift" in said.out
    said = type_in("test", "--config", CONFIGS / "btc.yaml", *CSV, "--model=RandomWalk")  # nothing to load
    assert said.status == 0, said.err
    assert "persistence itself" in said.out


def test_where_yahoo_cannot_be_reached_the_run_says_simulated_everywhere(
    type_in: Callable[..., Said], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody listens there
    said = type_in("fit", "--config", CONFIGS / "btc.yaml", *SMALL)
    assert said.status == 0, said.err
    assert "notice: BTC-USD: Yahoo Finance cannot be reached" in said.err
    assert "SIMULATED" in said.out.split("val targets")[0].splitlines()[-1]
    run = tmp_path / "runs" / "btc-LSTM" / "version_0"
    (series,) = json.loads((run / "provenance.json").read_text())["series"]
    assert series["simulated"]
    assert "Yahoo Finance cannot be reached" in series["notes"][0]
    said = type_in("test", "--ckpt_path", run / "checkpoints" / "best.ckpt")
    assert "SIMULATED" in json.loads((run / "scores.json").read_text())["verdict"]


def test_the_best_checkpoint_is_judged_and_not_the_last(type_in: Callable[..., Said], tmp_path: Path) -> None:
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(300))
    fit = ("fit", "--config", CONFIGS / "btc.yaml", *CSV, *SMALL)
    said = type_in(*fit, "--trainer.max_epochs=4", "--model.optimizer.lr=0.01")
    losses = [float(line.split()[2]) for line in said.out.splitlines() if line[:5].strip().isdigit()]
    assert min(losses) < losses[-1]
    tables = [
        type_in("validate", "--ckpt_path", f"runs/btc-LSTM/version_0/checkpoints/{name}.ckpt", "--output_dir=.").out
        for name in ("best", "last")
    ]
    epochs = [torch.load(f"runs/btc-LSTM/version_0/checkpoints/{name}.ckpt")["epoch"] for name in ("best", "last")]
    assert epochs == [losses.index(min(losses)), 3]
    assert tables[0].split("wrote")[0].strip() in said.out
    assert tables[1].split("wrote")[0].strip() not in said.out


def test_a_line_an_epoch_says_losses_skill_and_seconds(type_in: Callable[..., Said], tmp_path: Path) -> None:
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(300))
    fit = ("fit", "--config", CONFIGS / "btc.yaml", *CSV, *SMALL, "--trainer.max_epochs=2")
    said = type_in(*fit, "--trainer.check_val_every_n_epoch=2")
    lines = [line.split() for line in said.out.splitlines() if line[:5].strip().isdigit()]
    assert [line[0] for line in lines] == ["0", "1"]
    assert [len(line) for line in lines] == [3, 6]  # no validation numbers where there was no validation
    assert "closes   COIN-USD: 300 from 2020-01-01 to 2020-10-26, 1 day apart, from CsvSource" in said.out
    assert "model    LSTM" in said.out
    assert "━" not in said.out  # no bar where there is no terminal


def test_optimizer_and_scheduler_are_chosen_on_the_command_line(type_in: Callable[..., Said], tmp_path: Path) -> None:
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(300))
    fit = ("fit", "--config", CONFIGS / "btc.yaml", *CSV, *SMALL)
    optimizer = ("--model.optimizer=AdamW", "--model.optimizer.lr=0.01")
    plateau = ("--model.scheduler=lightning.pytorch.cli.ReduceLROnPlateau", "--model.scheduler.monitor=val/loss")
    for scheduler in (("--model.scheduler=StepLR", "--model.scheduler.step_size=10"), plateau):
        said = type_in(*fit, *optimizer, *scheduler)
        assert said.status == 0, said.err
