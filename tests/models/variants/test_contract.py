"""Variants that ask for series, times, future or target, or have outputs of their own: each works in every verb."""

import importlib
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from lightning.pytorch import seed_everything

from cryptoforecast import Forecaster, audit, forecast_rows, load_forecaster, next_closes
from tests.helpers import Given, coins_of, random_walk, some
from tests.models.helpers import quiet_trainer

COINS = [Given(random_walk(200, seed), symbol=f"COIN{seed}-USD") for seed in range(2)]
FUTURE = ["day_of_week", "month"]
SETTINGS = {"context_length": 8, "horizon": 2, "future": FUTURE}
VARIANTS = {
    "CoinGRU": "coin_embedding",
    "CoinCalendarGRU": "coin_calendar",
    "TeacherForcing": "teacher_forcing",
    "QuantileMLP": "quantiles",
    "StudentGRU": "student_t",
    "LinearNormal": "normal",
    "MDN": "mixture",
    "Direction": "direction",
    "ReturnAndVolatility": "multitask",
    "BackcastLoss": "backcast",
    "RecentFirst": "recent_first",
    "RevinMLP": "revin",
    "NormalisedMLP": "batch_norm",
}
WITH_DISTRIBUTION = {"QuantileMLP", "StudentGRU", "LinearNormal", "MDN"}
WITH_LOSS_OF_WALK = {"CoinGRU", "CoinCalendarGRU", "TeacherForcing", "RecentFirst", "RevinMLP", "NormalisedMLP"}


ARGUMENTS: dict[str, dict[str, Any]] = {"NormalisedMLP": {"widths": {"only": 4}, "activation": torch.nn.Tanh}}


def made(name: str) -> Forecaster:
    seed_everything(0, verbose=False)
    kind = getattr(importlib.import_module(f"tests.models.variants.{VARIANTS[name]}"), name)
    model: Forecaster = kind(series_count=2, **SETTINGS, **ARGUMENTS.get(name, {}))
    return model


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_learns_is_saved_and_forecasts_the_same_after_it_is_loaded(name: str, tmp_path: Path) -> None:
    model, data = made(name), coins_of(*COINS, **SETTINGS)
    trainer = quiet_trainer(tmp_path)
    trainer.fit(model, data)
    curves = dict(trainer.callback_metrics)
    assert curves["train/loss"].isfinite()
    assert ("val/crps" in curves) == (name in WITH_DISTRIBUTION)
    assert ("val/loss_random_walk" in curves) == (name in WITH_LOSS_OF_WALK)
    rows = forecast_rows(model, data, "test")
    assert ("0.5" in rows) == (name in WITH_DISTRIBUTION)
    trainer.save_checkpoint(tmp_path / "a.ckpt")
    loaded = load_forecaster(tmp_path / "a.ckpt")
    pd.testing.assert_frame_equal(forecast_rows(loaded, data, "test"), rows, check_exact=True)
    pd.testing.assert_frame_equal(next_closes(loaded, data), next_closes(model, data), check_exact=True)


@pytest.mark.parametrize("name", ["CoinCalendarGRU"])
def test_a_variant_is_audited(name: str) -> None:
    result = audit(made(name), coins_of(*COINS, **SETTINGS), steps=3)
    scaling = next(stage for stage in result.stages if stage.stage == "scaling")
    assert ("what RandomWalk" in scaling.compared) == (name in WITH_DISTRIBUTION)


AUDITED = ("TeacherForcing", "QuantileMLP", "Direction", "BackcastLoss")  # each asks for or says something else


@pytest.mark.slow
@pytest.mark.parametrize("name", some(AUDITED, many=tuple(sorted(VARIANTS.keys() - {"CoinCalendarGRU"}))))
def test_a_variant_of_another_kind_is_audited(name: str) -> None:
    test_a_variant_is_audited(name)


@pytest.mark.slow
def test_a_variant_of_the_calendar_learns_what_a_weekday_says(tmp_path: Path) -> None:
    changes = torch.tensor([0.03, -0.03, 0.0, 0.03, -0.03, 0.0, 0.0]).repeat(60)
    closes = (100 * changes.cumsum(0).exp()).tolist()
    settings: dict[str, Any] = {"context_length": 2, "horizon": 1, "future": ["day_of_week"]}
    kind = importlib.import_module("tests.models.variants.coin_calendar").CoinCalendarGRU
    seed_everything(0, verbose=False)
    model, data = kind(optimizer=_fast, **settings), coins_of(Given(closes), batch_size=16, **settings)
    trainer = quiet_trainer(tmp_path, max_epochs=25)
    trainer.fit(model, data)
    assert trainer.callback_metrics["val/skill"] > 0.7


def _fast(parameters: Any) -> torch.optim.Optimizer:
    return torch.optim.Adam(parameters, lr=0.02)
