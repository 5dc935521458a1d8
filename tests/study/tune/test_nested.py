"""A search inside each fold of a backtest."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.cli.helpers import refused
from tests.helpers import Said
from tests.study.helpers import run_whole_and_killed

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


@pytest.mark.slow
def test_each_fold_is_fitted_with_what_its_own_validation_found_and_no_trial_is_a_try(
    closes: np.ndarray, type_in: TypeIn
) -> None:
    said = type_in(*WORDS, *SEARCHED, "--output_dir=runs/out")
    assert said.status == 0, said.err
    trials, scores = found("runs/out"), json.loads(Path("runs/out/scores.json").read_text())
    for fold, of_fold in enumerate(trials):
        best, _ = max(of_fold, key=lambda trial: trial[1])
        rate = float(best[0].partition("=")[2])
        config = Path("runs/out/folds", f"fold_{fold}_seed_0", "config.yaml").read_text()
        assert f"lr: {rate!r}" in config
        assert f"fold {fold}: model.optimizer.lr {rate:.4g}\n" in said.out
        assert scores["found"][str(fold)] == {"model.optimizer.lr": rate}
        sentence = json.loads(Path("runs/out/search", f"fold_{fold}", "tune.json").read_text())["sentence"]
        assert sentence.startswith("best of 2 trials: trial ")
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


@pytest.mark.slow
def test_what_was_found_may_be_written_in_a_file_that_nothing_else_uses(closes: np.ndarray, type_in: TypeIn) -> None:
    Path("mine.py").write_text("import torch\n\nclass Mine(torch.optim.SGD):\n    pass\n")
    Path("search.yaml").write_text("model.optimizer: {choices: [{class_path: mine.Mine, init_args: {lr: 0.01}}]}\n")
    said = type_in(*WORDS, "--tune=search.yaml", "--trials=1", "--output_dir=runs/out")
    assert said.status == 0, said.err
    assert "Mine" in Path("runs/out/folds/fold_1_seed_0/config.yaml").read_text()


@pytest.mark.parametrize(
    ("search", "sentence"),
    [
        ({"model": {"choices": ["NLinear", "DLinear"]}}, "would fit DLinear in place of NLinear"),
        ({"model.head": {"choices": ["Point", "Normal"]}}, "either every choice forecasts a distribution or none does"),
        ({"data.start": {"low": 1, "high": 9}}, "data.start cannot be searched inside folds"),
        ({"model.hiden": {"low": 1, "high": 9}}, "search, with --model.hiden=1: "),
    ],
)
def test_what_cannot_be_searched_inside_folds_is_refused_before_the_first_trial(
    closes: np.ndarray, type_in: TypeIn, search: dict[str, Any], sentence: str
) -> None:
    Path("search.yaml").write_text(json.dumps(search))
    refused(type_in(*WORDS, *SEARCHED), 2, sentence)
    assert not Path("runs").exists()


@pytest.mark.slow
def test_killed_at_random_moments_it_ends_with_the_same_trials_and_rows(closes: np.ndarray) -> None:
    run_whole_and_killed([*WORDS, *SEARCHED])
    for name in ("forecasts.csv", "search/fold_0/tune.json", "search/fold_1/tune.json"):
        assert Path("broken", name).read_bytes() == Path("whole", name).read_bytes()


@pytest.mark.slow
def test_the_searches_inside_folds_have_the_sampler_the_pruner_and_the_objective_that_are_asked_for(
    closes: np.ndarray, type_in: TypeIn
) -> None:
    ways = ("--sampler=random", "--objective=val/loss")
    said = type_in(*WORDS, *SEARCHED, *ways, "--folds=1", "--trials=1", "--output_dir=runs/out")
    assert said.status == 0, said.err
    record = json.loads(Path("runs/out/search/fold_0/tune.json").read_text())
    assert record["objective"] == "val/loss"
    again = type_in(*WORDS, *SEARCHED, "--folds=1", "--trials=1", "--output_dir=runs/out")
    refused(again, 1, "--tune.sampler random, and now it is tpe")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((*SEARCHED, "--sampler=genetic"), "--sampler"),
        (("--sampler=random",), "--sampler, --pruner and --objective belong to a search; add --tune FILE"),
    ],
)
def test_the_ways_of_a_search_are_refused_where_there_is_none_and_where_they_are_unknown(
    closes: np.ndarray, type_in: TypeIn, words: tuple[str, ...], sentence: str
) -> None:
    refused(type_in(*WORDS, *words), 2, sentence)
    assert not Path("runs").exists()
