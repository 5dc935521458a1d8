"""From one command line to another: what is planted in closes is found by a network that was told nothing of it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers import CONFIGS, Said

SIZE = ("--data.context_length=4", "--model.hidden_size=8", "--model.optimizer.lr=0.01", "--trainer.accelerator=cpu")


@pytest.mark.slow
@pytest.mark.figures
def test_a_network_finds_what_is_planted(type_in: Callable[..., Said], tmp_path: Path) -> None:
    source = ("--data.source=SimulatedSource", "--data.source.rows=6000", "--data.source.autocorrelation=0.6")
    said = type_in("fit", "--config", CONFIGS / "btc.yaml", *source, *SIZE, "--trainer.max_epochs=4")
    assert said.status == 0, said.err
    said = type_in("test", "--ckpt_path", "runs/btc-LSTM/version_0/checkpoints/best.ckpt", "--output_dir=out")
    assert said.status == 0, said.err
    content = json.loads((tmp_path / "out" / "scores.json").read_text())
    assert "LSTM is better than persistence" in content["verdict"]
    found = content["findings"]["SIMULATED"]["LSTM"]
    assert found["diebold_mariano"]["p_value"] < 0.05
    assert found["direction"]["fisher_exact"]["p_value"] < 0.001
    assert found["trading"]["break_even"] > 0
    assert all((tmp_path / "out" / f"{name}.png").stat().st_size > 10_000 for name in ("forecast", "changes", "errors"))


@pytest.mark.slow
def test_a_backtest_finds_that_a_change_repeats_three_tenths_of_the_one_before(type_in: Callable[..., Said]) -> None:
    source = ("--data.source=SimulatedSource", "--data.source.rows=6000", "--data.source.autocorrelation=0.3")
    cut = ("--data.val_from=0.4", "--data.test_from=0.5", "--folds=2", "--workers=2", "--output_dir=out")
    said = type_in("backtest", "--config", CONFIGS / "btc.yaml", *source, *SIZE, *cut, "--trainer.max_epochs=4")
    assert said.status == 0, said.err
    content = json.loads(Path("out/scores.json").read_text())
    assert "LSTM is better than persistence" in content["verdict"]
    assert 0.02 < content["pooled"]["skill"]["mean"] < 0.046, "no more than there is to find"
