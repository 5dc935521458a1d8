"""A variant with fit(x, y) on the command line: one epoch, a best checkpoint, resumed to nothing, refitted by fold."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import torch

from cryptoforecast import load_forecaster
from tests.helpers import CONFIGS, Said, random_walk, write_yahoo

FITTED = """
import os, torch
from cryptoforecast import Forecaster

class Ridge(Forecaster):
    def __init__(self, alpha: float = 1.0, **kwargs):
        super().__init__(**kwargs)
        self.alpha = alpha

    def fit(self, x, y):
        with open(os.environ.get("CALLS", os.devnull), "a") as file:
            print(len(x), file=file)
        x, y = x.flatten(1).double(), y.double()
        self.coef = torch.linalg.solve(x.T @ x + self.alpha * torch.eye(x.shape[1]), x.T @ y).float()

    def forward(self, x):
        return x.flatten(1) @ self.coef

class Kept(Ridge):
    def fit(self, x, y):
        super().fit(x, y)
        self.thing = object()
"""
DATA = ("--config", CONFIGS / "btc.yaml", "--data.source=CsvSource", "--data.source.path=COIN-USD.csv",
        "--data.context_length=12", "--data.batch_size=8", "--trainer.accelerator=cpu")  # fmt: skip


@pytest.fixture
def home(tmp_path: Path, type_in: Callable[..., Said], monkeypatch: pytest.MonkeyPatch) -> Path:
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(300))
    (tmp_path / "fitted.py").write_text(FITTED)
    monkeypatch.setenv("CALLS", str(tmp_path / "calls.txt"))
    return tmp_path


def test_a_fit_takes_one_epoch_and_its_best_checkpoint_forecasts_the_same_bits(
    home: Path, type_in: Callable[..., Said]
) -> None:
    fit = type_in("fit", *DATA, "--model=fitted.Ridge", "--name=ridge")
    assert fit.status == 0, fit.err
    assert "model    Ridge, fitted in one go to 228 windows, on cpu" in fit.out
    lines = [line.split() for line in fit.out.splitlines() if line.strip()[:1].isdigit()]
    assert [line[0] for line in lines] == ["0"], fit.out
    assert (home / "calls.txt").read_text().split() == ["228", "228"]  # of the rehearsal, and of the fit
    folder = home / "runs" / "ridge" / "version_0" / "checkpoints"
    best, last = (load_forecaster(folder / f"{name}.ckpt") for name in ("best", "last"))
    assert torch.equal(best.coef, last.coef)
    test = type_in("test", "--ckpt_path", folder / "best.ckpt")
    assert test.status == 0, test.err
    again = type_in("fit", "--ckpt_path", folder / "last.ckpt")
    assert again.status == 0, again.err
    assert "there is nothing left to train after 1 epochs" in again.out
    assert torch.equal(load_forecaster(folder / "best.ckpt").coef, best.coef)


def test_unfitted_it_is_not_tested_and_what_it_cannot_keep_is_told_before_a_run_begins(
    home: Path, type_in: Callable[..., Said]
) -> None:
    said = type_in("test", *DATA, "--model=fitted.Ridge")
    assert "error: test needs --ckpt_path: Ridge has a method fit, so it is fitted first." in said.err
    said = type_in("fit", *DATA, "--model=fitted.Kept")
    assert "error: Kept.fit assigns self.thing, an object, which no checkpoint can hold" in said.err
    said = type_in("fit", *DATA, "--model=fitted.Ridge", "--model.optimizer.lr=0.3")
    assert "error: Ridge is fitted in one go by its fit(x, y), without an optimizer" in said.err
    assert not (home / "runs").exists()


@pytest.mark.slow
def test_a_backtest_fits_it_anew_in_each_fold(home: Path, type_in: Callable[..., Said]) -> None:
    said = type_in("backtest", *DATA, "--model=fitted.Ridge", "--folds=2", "--output_dir=out")
    assert said.status == 0, said.err
    counts = [int(count) for count in (home / "calls.txt").read_text().split()]
    assert len(set(counts[-2:])) == 2
    rows = pd.read_csv("out/forecasts.csv")
    assert set(rows.loc[rows["model"] == "Ridge", "fold"]) == {0, 1}
