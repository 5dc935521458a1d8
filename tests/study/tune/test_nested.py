"""A search inside each fold of a backtest."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.cli.helpers import refused
from tests.helpers import Said

pytest.importorskip("optuna", reason="Optuna is not installed: pip install 'cryptoforecast[tune]'")

TypeIn = Callable[..., Said]
WORDS = ("backtest", "--model=NLinear", "--data.source=CsvSource", "--data.source.path=COIN-USD.csv",
         "--data.context_length=6", "--data.val_from=-90", "--data.test_from=-45", "--trainer.max_epochs=1",
         "--trainer.accelerator=cpu", "--seed_everything=0", "--folds=2")  # fmt: skip
SEARCHED = ("--tune=search.yaml", "--trials=2")


@pytest.fixture
def closes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    monkeypatch.chdir(tmp_path)
    Path("search.yaml").write_text("model.optimizer.lr: {low: 0.001, high: 0.1, log: true}\n")
    values: np.ndarray = 100 * np.exp(0.02 * np.random.default_rng(0).normal(size=300).cumsum())
    write(values)
    return values


def write(closes: np.ndarray) -> None:
    days = pd.date_range("2020-01-01", periods=len(closes)).strftime("%Y-%m-%d")
    pd.DataFrame({"Date": days, "Close": closes}).to_csv("COIN-USD.csv", index=False)


def found(folder: str) -> list[list[tuple[list[str], float]]]:
    """The words and values of the trials, fold by fold."""
    records = [json.loads(Path(folder, "search", f"fold_{fold}", "tune.json").read_text()) for fold in (0, 1)]
    return [[(trial["words"], trial["value"]) for trial in record["trials"]] for record in records]


def test_each_fold_is_fitted_with_what_its_own_validation_found_and_no_trial_is_a_try(
    closes: np.ndarray, type_in: TypeIn
) -> None:
    said = type_in(*WORDS, *SEARCHED, "--output_dir=runs/out")
    assert said.status == 0, said.err
    trials = found("runs/out")
    for fold, of_fold in enumerate(trials):
        best, _ = max(of_fold, key=lambda trial: trial[1])
        rate = float(best[0].partition("=")[2])
        config = Path("runs/out/folds", f"fold_{fold}_seed_0", "config.yaml").read_text()
        assert f"lr: {rate!r}" in config
    assert "test" not in {path.stem for path in Path("runs/out/search").rglob("*.csv")}
    entries = [json.loads(line) for line in Path("runs/ledger.jsonl").read_text().splitlines()]
    assert [entry["kind"] for entry in entries] == ["backtest"]

    changed = closes.copy()
    changed[-22:] *= 1.5  # the test part of the last fold, and nothing before
    write(changed)
    other = type_in(*WORDS, *SEARCHED, "--output_dir=runs/changed")
    assert other.status == 0, other.err
    assert found("runs/changed") == trials, "no search has seen the test part of its fold"


def test_a_search_without_a_number_of_trials_is_refused(closes: np.ndarray, type_in: TypeIn) -> None:
    refused(type_in(*WORDS, "--tune=search.yaml"), 2, "--tune FILE and --trials N go together")
    refused(type_in(*WORDS, "--tune=nowhere.yaml", "--trials=2"), 2, "nowhere.yaml: no such configuration file.")
    assert not Path("runs").exists()
