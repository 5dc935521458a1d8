"""tune: a search whose trials are fits, and whose best is tested once."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import cryptoforecast as cf
from tests.cli.helpers import refused
from tests.helpers import Said, some
from tests.study.helpers import run_whole_and_killed

pytest.importorskip("optuna", reason="Optuna is not installed: pip install 'cryptoforecast[tune]'")

TypeIn = Callable[..., Said]
SEARCH = {"data.context_length": {"low": 4, "high": 9}, "model.optimizer.lr": {"low": 0.001, "high": 0.1, "log": True}}
WORDS = ("tune", "--model=NLinear", "--data.source=CsvSource", "--data.source.path=COIN-USD.csv", "--data.val_from=-90",
         "--data.test_from=-45", "--trainer.max_epochs=2", "--trainer.accelerator=cpu", "--seed_everything=0",
         "--search=search.yaml")  # fmt: skip


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    closes = 100 * np.exp(0.02 * np.random.default_rng(0).normal(size=300).cumsum())
    days = pd.date_range("2020-01-01", periods=300).strftime("%Y-%m-%d")
    pd.DataFrame({"Date": days, "Close": closes}).to_csv("COIN-USD.csv", index=False)
    Path("search.yaml").write_text(json.dumps(SEARCH))
    return tmp_path


def record(folder: str = "runs/NLinear/tune") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(folder, "tune.json").read_text())
    return found


@pytest.mark.slow
def test_every_trial_is_a_try_the_best_is_tested_and_more_trials_go_on(home: Path, type_in: TypeIn) -> None:
    said = type_in(*WORDS, "--trials=2")
    assert said.status == 0, said.err
    first = record()
    assert [trial["order"] for trial in first["trials"]] == [0, 1]
    assert "best of 2 trials: trial" in said.out
    assert "trials without skill would have shown" in said.out
    assert "NLinear" in said.out.splitlines()[-3], "the verdict on the test targets"

    more = type_in(*WORDS, "--trials=3")
    assert more.status == 0, more.err
    assert "kept     2 of 3 trials, ended before" in more.out
    second = record()
    assert second["trials"][:2] == first["trials"]
    values = {trial["order"]: trial["value"] for trial in second["trials"]}
    assert second["best"] == max(values, key=lambda order: values[order])
    entries = [json.loads(line) for line in Path("runs/ledger.jsonl").read_text().splitlines()]
    assert sum(entry["kind"] == "fit" for entry in entries) == 3
    for trial in second["trials"]:
        kept = json.loads(Path("runs/NLinear/tune", trial["folder"], "values.json").read_text())
        best = max(kept["curves"].values(), key=lambda curve: -curve["val/loss"])
        assert kept["value"] == trial["value"] == best["val/skill"], "the value is that of the kept checkpoint"

    other = type_in(*WORDS, "--trials=3", "--trainer.max_epochs=1")
    refused(other, 1, "holds a search with trainer.max_epochs 2, and now it is 1")


@pytest.mark.parametrize(
    ("search", "words", "status", "sentence"),
    [
        ({"model.hiden_size": {"low": 1, "high": 2}}, (), 2, "search, with --model.hiden_size=1: "),
        ({"data.horizon": {"low": 1, "high": 2}}, (), 2, "data.horizon cannot be searched: it decides which targets"),
        (SEARCH, ("--sampler=tbe",), 2, "invalid choice: 'tbe'"),
        (SEARCH, ("--trials=0",), 2, "--trials is 0; it must be at least 1."),
        (SEARCH, ("--engine=ray", "--pruner=median"), 2, "--pruner median: fits on this engine tell no values"),
        ({"data.context_length": {"low": 4, "high": 400}}, (), 1, "search, with --data.context_length=400: "),
    ],
)
def test_what_cannot_be_searched_is_refused_before_the_first_trial(
    home: Path, type_in: TypeIn, search: dict[str, Any], words: tuple[str, ...], status: int, sentence: str
) -> None:
    if "--engine=ray" in words:
        pytest.importorskip("ray", reason="Ray is not installed")
    Path("search.yaml").write_text(json.dumps(search))
    refused(type_in(*WORDS, "--trials=2", *words), status, sentence)
    assert not Path("runs").exists()


@pytest.mark.slow
def test_an_objective_that_nothing_logs_fails_the_trials_with_the_curves_that_there_are(
    home: Path, type_in: TypeIn
) -> None:
    said = type_in(*WORDS, "--trials=1", "--objective=val/skil")
    assert said.status == 1
    assert (
        "error: 1 of 1 trials failed; the first: trial 0: objective val/skil was never logged; there are " in said.err
    )
    assert "val/skill" in said.err
    assert record()["best"] is None


@pytest.mark.slow
def test_killed_at_random_moments_a_search_ends_with_the_same_trials(home: Path) -> None:
    run_whole_and_killed([*WORDS, "--trials=5"])
    whole, broken = record("whole"), record("broken")
    assert broken["trials"] == whole["trials"]
    assert (broken["best"], broken["noise"]) == (whole["best"], whole["noise"])


@pytest.mark.slow
def test_a_planted_skill_is_found_and_of_a_walk_nothing_is_claimed(home: Path) -> None:
    for planted, folder in ((0.4, "planted"), (0.0, "walk")):
        result = cf.tune(
            source=cf.SimulatedSource(rows=6000, autocorrelation=planted), model=cf.NLinear, search=SEARCH,
            trials=some(6, many=50), max_epochs=4, val_from=0.6, test_from=0.8, accelerator="cpu", seed=0,
            output_dir=folder, progress=False,
        )  # fmt: skip
        assert result.noise is not None
        assert result.verdict is not None
        assert result.best is not None
        assert (result.noise.p_value < 0.05) == bool(planted)
        assert (result.verdict.skill > 0.05) == bool(planted)
        assert len(result.table()) == some(6, many=50)
