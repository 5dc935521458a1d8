"""The ladder in the run folder: fitted by the fit, and read by what judges the run later."""

from pathlib import Path
from typing import Any

import pytest

import cryptoforecast as cf
from cryptoforecast.models.ladder import kept
from cryptoforecast.models.ladder.ladder import Ladder

SMALL: dict[str, Any] = {"hidden_size": 2, "context_length": 6, "max_epochs": 1, "accelerator": "cpu"}


def test_a_test_reads_the_ladder_that_the_fit_has_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = cf.fit(source=cf.SimulatedSource(rows=500), model=cf.LSTM, head=cf.StudentT(), **SMALL)
    assert run.folder is not None
    assert (run.folder / "ladder.json").is_file()

    def refitted(*_: object) -> Ladder:
        raise AssertionError("the ladder is fitted anew")

    monkeypatch.setattr(kept, "fit_ladder", refitted)
    assert {"RandomWalk", "Ewma", "Garch", "Har"} <= set(cf.test(run).rows["model"])


def test_a_point_model_keeps_no_ladder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = cf.fit(source=cf.SimulatedSource(rows=200), model=cf.LSTM, **SMALL)
    assert run.folder is not None
    assert not (run.folder / "ladder.json").exists()


def test_a_rung_is_judged_without_a_fit_and_with_a_distribution(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    verdict = cf.test(model=cf.Garch, source=cf.SimulatedSource(rows=500))
    assert verdict.skill == 0.0
    assert verdict.density_skill is not None
    assert (tmp_path / "ladder.json").is_file()
