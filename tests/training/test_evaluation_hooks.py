"""Steps and hooks of evaluation that a variant or a callback has written are called, and what they log is kept."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from lightning.pytorch import Callback

from cryptoforecast import LSTM, CloseDataModule, Drift, Forecaster, RandomWalk
from cryptoforecast.data.windows import Window
from cryptoforecast.evaluation.next_closes import next_closes
from cryptoforecast.training.evaluation_hooks import MOMENTS, STAGES, call_evaluation_hooks
from tests.helpers import Given, Said, data_of, random_walk, write_yahoo
from tests.models.helpers import LENGTHS, quiet_trainer


def noting(called: list[str], name: str) -> Callable[..., None]:
    return lambda *_, **__: called.append(name)


def called_by(verb: str, model: Forecaster, folder: Path, *callbacks: Callback) -> dict[str, float]:
    data = data_of(random_walk(120))
    data.setup(verb)
    return call_evaluation_hooks(verb, model, data, quiet_trainer(folder), callbacks, folder)


@pytest.mark.filterwarnings("ignore:predict returned None")
@pytest.mark.parametrize("verb", STAGES)
def test_every_hook_and_step_of_a_verb_is_called(verb: str, tmp_path: Path) -> None:
    stage, called = STAGES[verb], []
    for name in (f"{stage}_step", *(f"on_{stage}_{moment}" for moment in MOMENTS)):
        called.clear()
        model = type("Own", (LSTM,), {name: noting(called, name)})(hidden_size=4, **LENGTHS)
        called_by(verb, model, tmp_path)
        assert called == [name]
        called.clear()
        if name.startswith("on_"):
            called_by(verb, Drift(**LENGTHS), tmp_path, type("Told", (Callback,), {name: noting(called, name)})())
            assert called == [name]


def test_nothing_runs_where_nobody_has_written_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cryptoforecast.training.evaluation_hooks.Trainer", None)
    for verb in STAGES:
        assert called_by(verb, LSTM(hidden_size=4, **LENGTHS), tmp_path) == {}


class Counted(LSTM):
    def test_step(self, window: Window, batch_index: int) -> None:
        super().test_step(window, batch_index)
        self.log("test/windows", float(len(window.target)), reduce_fx="sum")


class Alone(LSTM):
    def validation_step(self, window: Window, batch_index: int) -> None:
        self.log("val/loss", (self.forecast(window.context) - window.target).abs().mean(), batch_size=1)


def test_what_is_logged_beside_the_inherited_curves_comes_back(tmp_path: Path) -> None:
    data = data_of(random_walk(120))
    assert called_by("test", Counted(hidden_size=4, **LENGTHS), tmp_path) == {"test/windows": len(data.fold.test)}
    assert called_by("validate", Alone(hidden_size=4, **LENGTHS), tmp_path).keys() == {"val/loss"}


STEPS = """
from cryptoforecast import LSTM
from lightning.pytorch import Callback

class WithSteps(LSTM):
    def test_step(self, window, batch_index):
        super().test_step(window, batch_index)
        self.log("test/mine", 1.5)
        self.logger.experiment.add_text("a", "b")

    def predict_step(self, window, batch_index=0):
        print("predict step")
        return super().predict_step(window)

class Telling(Callback):
    def on_test_end(self, trainer, pl_module):
        print("test has ended")
"""


def test_test_and_predict_call_them_and_keep_what_was_logged(type_in: Callable[..., Said], tmp_path: Path) -> None:
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(300))
    (tmp_path / "steps.py").write_text(STEPS)
    words = ("--data.source=CsvSource", "--data.source.path=COIN-USD.csv", "--data.context_length=12")
    fit = ("--model=steps.WithSteps", "--model.hidden_size=4", "--trainer.max_epochs=1", "--trainer.logger=false")
    said = type_in("fit", *words, *fit)
    assert said.status == 0, said.err
    (checkpoint,) = tmp_path.rglob("best.ckpt")
    told = ("--trainer.callbacks=steps.Telling", "--output_dir=out")
    said = type_in("test", "--ckpt_path", checkpoint, *told)
    assert said.status == 0, said.err
    assert "logged by its own steps: test/mine 1.5" in said.out
    assert "test has ended" in said.out
    assert json.loads((tmp_path / "out" / "scores.json").read_text())["logged"] == {"test/mine": 1.5}
    said = type_in("predict", "--ckpt_path", checkpoint, "--output=next.csv")
    assert said.status == 0, said.err
    assert "predict step" in said.out
    assert len(pd.read_csv("next.csv")) == 1


def test_lightnings_predict_forecasts_the_closes_after_the_last_bar_of_each_series(tmp_path: Path) -> None:
    coins = [Given(random_walk(120, seed), symbol=f"COIN{seed}-USD") for seed in range(3)]
    data = CloseDataModule(coins, **LENGTHS)  # type: ignore[arg-type]
    (forecast,) = quiet_trainer(tmp_path).predict(RandomWalk(**LENGTHS), datamodule=data) or []
    last = [coin.closes[-1] for coin in coins]
    assert torch.equal(torch.as_tensor(forecast), torch.tensor([[close, close] for close in last], dtype=torch.float64))
    (window,) = data.predict_dataloader()
    rows = next_closes(RandomWalk(**LENGTHS), data)
    assert rows["origin"].astype("int64").tolist()[::2] == window.origin.tolist()
    assert window.target.isnan().all()
    assert window.series.tolist() == [0, 1, 2]


def test_a_predict_step_of_its_own_is_given_the_window(tmp_path: Path) -> None:
    class Own(RandomWalk):
        def predict_step(self, window: Window, batch_index: int = 0) -> Any:
            return window.series

    data = CloseDataModule(Given(random_walk(120)), **LENGTHS)  # type: ignore[arg-type]
    assert quiet_trainer(tmp_path).predict(Own(**LENGTHS), datamodule=data) == [torch.tensor([0])]
