"""The audit of a variant with fit(x, y): sound where it fits what it is given, told by name where it looks farther."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.helpers import CSV
from tests.helpers import CONFIGS, Said, random_walk, some, write_yahoo

FITTED = """
import torch
from cryptoforecast import Forecaster, LightGBM

class Ridge(Forecaster):
    def fit(self, x, y):
        self.coef = self.solve(x, y)

    def solve(self, x, y):
        x, y = x.flatten(1).double(), y.double()
        return torch.linalg.solve(x.T @ x + torch.eye(x.shape[1]), x.T @ y).float()

    def forward(self, x):
        return x.flatten(1) @ self.coef

class LeakyRidge(Ridge):
    def fit(self, x, y):
        data = self.trainer.datamodule
        window = data.windows[torch.arange(len(data.windows))]
        self.coef = self.solve(self.network_inputs(window.context), self.scaled(window.target, window.context))

class LeakyText(Ridge):
    def fit(self, x, y):
        super().fit(x, y)
        self.notes = {"last": [str(self.trainer.datamodule.series[0].closes.iloc[-1])]}

class LeakyBoosting(LightGBM):
    def fit(self, x, y):
        data = self.trainer.datamodule
        window = data.windows[torch.arange(len(data.windows))]
        super().fit(self.network_inputs(window.context), self.scaled(window.target, window.context))

HIDDEN = {}

class HiddenRidge(Ridge):
    def fit(self, x, y):
        data = self.trainer.datamodule
        window = data.windows[torch.arange(len(data.windows))]
        HIDDEN[0] = self.solve(self.network_inputs(window.context), self.scaled(window.target, window.context))

    def forward(self, x):
        return x.flatten(1) @ HIDDEN[0]
"""
OF_FILE = ("audit", "--config", CONFIGS / "crypto_nn.yaml", *CSV, "--steps=4", "--data.context_length=12")


@pytest.fixture
def audit(type_in: Callable[..., Said], tmp_path: Path) -> Callable[..., Said]:
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(300))
    (tmp_path / "fitted.py").write_text(FITTED)
    return lambda *words: type_in(*OF_FILE, *words)


def test_a_fit_on_what_it_is_given_is_blind_to_the_future(audit: Callable[..., Said]) -> None:
    said = audit("--model=fitted.Ridge")
    assert said.status == 0, said.err
    assert "all that Ridge.fit has learned of the training windows" in said.out
    assert "Ridge on COIN-USD is blind to the future" in said.out


BEFORE = "training: {} differs before the first step when closes from 2020-07-29 on"
FEW = {"LeakyBoosting": BEFORE.format("trees of LeakyBoosting"), "HiddenRidge": "forecast: HiddenRidge forecasts "}
LEAKY = {"LeakyRidge": BEFORE.format("coef of LeakyRidge"), "LeakyText": BEFORE.format("notes of LeakyText"), **FEW}


@pytest.mark.slow
@pytest.mark.parametrize(("model", "sentence"), some(FEW, many=LEAKY).items(), ids=str)
def test_a_fit_that_looks_at_other_windows_is_told_by_name(
    model: str, sentence: str, audit: Callable[..., Said]
) -> None:
    said = audit(f"--model=fitted.{model}")
    assert said.status == 1, said.out
    assert f"error: audit: the first stage that differs is {sentence}" in said.err
