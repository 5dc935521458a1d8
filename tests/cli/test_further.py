"""Conformal and Bernoulli heads, adapted quantiles and volatility from the command line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cryptoforecast.evaluation.rows import read_rows
from tests.helpers import SMALL, Said

TypeIn = Callable[..., Said]
SOURCE = ("--data.source=SimulatedSource", "--data.source.rows=700", "--data.val_from=0.6", "--data.test_from=0.8")


def fitted(type_in: TypeIn, *words: str) -> Path:
    """The best checkpoint of a tiny GRU."""
    said = type_in("fit", "--model=GRU", "--name=tiny", *words, *SMALL)
    assert said.status == 0, said.err
    return Path("runs", "tiny", "version_0", "checkpoints", "best.ckpt")


@pytest.mark.slow
def test_adapted_quantiles_are_judged_beside_those_of_the_model(type_in: TypeIn) -> None:
    best = fitted(type_in, "--model.head=Conformal", *SOURCE)
    said = type_in("test", "--ckpt_path", best, "--judge.adaptive=true", "--judge.adaptive_step=0.02")
    assert said.status == 0, said.err
    assert "GRU adaptive" in said.out
    assert "Adaptive: its 90 % intervals hold" in said.out
    folder = best.parent.parent
    adaptive = json.loads((folder / "scores.json").read_text())["adaptive"]
    assert set(adaptive) == {"coverage_before", "coverage_after", "crps_before", "crps_after"}
    rows = read_rows(folder / "forecasts.csv")
    assert {"GRU", "GRU adaptive"} <= set(rows["model"])
    refused = type_in("test", "--ckpt_path", best, "--judge.adaptive=true", "--judge.adaptive_step=2")
    assert refused.status != 0
    assert "judge.adaptive_step is 2" in refused.err


@pytest.mark.slow
def test_probabilities_of_a_rise_are_judged_from_the_command_line(type_in: TypeIn) -> None:
    best = fitted(type_in, "--model.head=Bernoulli", "--model.head.loss=log", *SOURCE)
    said = type_in("test", "--ckpt_path", best)
    assert said.status == 0, said.err
    assert "base rate of training" in said.out
    assert read_rows(best.parent.parent / "forecasts.csv")["rise"].notna().any()
    assert "forecasts none" in type_in("test", "--ckpt_path", best, "--judge.adaptive=true").err


@pytest.mark.slow
def test_volatility_is_fitted_judged_and_forecast_from_the_command_line(type_in: TypeIn) -> None:
    inner = ("SimulatedSource", "--data.source.source.rows=9600", "--data.source.source.interval=1h")
    words = ("--data.source=VolatilitySource", "--data.source.estimator=realised", "--data.source.source", *inner)
    best = fitted(type_in, *words)
    said = type_in("test", "--ckpt_path", best)
    assert said.status == 0, said.err
    assert "QLIKE" in said.out
    assert "gain %" not in said.out
    assert "volatility" in type_in("predict", "--ckpt_path", best).out
