"""Mistakes in the use of the contract: one sentence that names the class and what to write."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from cryptoforecast import LSTM, CloseDataModule, Forecaster, UserError, forecast_rows
from cryptoforecast.evaluation.next_closes import next_closes
from tests.helpers import Given, data_of, random_walk
from tests.models.helpers import LENGTHS, Linear, quiet_trainer


def method(name: str, written: Callable[..., Any]) -> Forecaster:
    return type("Own", (Linear,), {name: written})(**LENGTHS)


@pytest.mark.parametrize(
    ("name", "written", "sentence"),
    [
        ("forward", lambda self, x: None, r"Own.forward gave NoneType, not \(batch, horizon\), which is .* missing\?"),
        ("forward", lambda self, x: (self.head(x[..., 0]), x), "Own.forward gave a tuple of 2, not"),
        ("forward", lambda self, x: self.head(x[..., 0])[:, :1], r"Own.forward gave \(\d+, 1\), not"),
        ("forward", lambda self, x: self.head(x[..., 0]).long(), "gave numbers of type int64, not floating point"),
        ("forward", lambda self: None, r"forward\(\) takes no argument, and is given the scaled bars: write"),
        ("forward", lambda self, x: self.head(x[..., 0]).detach(), "loss of Own does not depend on its weights"),
        ("training_step", lambda self, window, _: torch.tensor(1.0), "loss of Own does not depend on its weights"),
        ("loss", lambda self, forecast, target: None, r"Own.loss gave NoneType, .*; is a return statement missing\?"),
        ("loss", lambda self, forecast, target: (forecast - target) ** 2, r"Own.loss gave \(\d+, 2\), .* \.mean\(\)"),
        ("loss", lambda self, forecast, target: (forecast - target).mean().item(), "Own.loss gave float, not the mean"),
    ],
)
def test_a_wrong_answer_is_one_sentence(name: str, written: Callable[..., Any], sentence: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=sentence) as refused:
        quiet_trainer(tmp_path, num_sanity_val_steps=0).fit(method(name, written), data_of(random_walk(120)))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "problem", [TypeError("unsupported operand"), ValueError("alpha"), KeyError("a"), OSError(2, "x")]
)
def test_what_the_code_of_a_variant_raises_keeps_its_type_and_its_place(problem: Exception) -> None:
    def forward(self: Forecaster, x: Tensor) -> Tensor:
        raise problem

    with pytest.raises(type(problem)) as raised:
        method("forward", forward).forecast(torch.ones(2, 5, 1, dtype=torch.float64))
    assert raised.value is problem
    assert raised.traceback[-1].frame.code.name == "forward"


WRONG = {"context_length": 3, "horizon": 7, "columns": ("Close", "Volume")}


@pytest.mark.parametrize("setting", WRONG)
@pytest.mark.parametrize("verb", ["fit", "validate", "test"])
def test_other_lengths_than_the_datas_are_refused_before_anything_is_computed(
    setting: str, verb: str, tmp_path: Path
) -> None:
    model = LSTM(hidden_size=4, **{**LENGTHS, setting: WRONG[setting]})  # type: ignore[arg-type]
    with pytest.raises(UserError, match=rf"LSTM has {setting} .*, and data.{setting} is "):
        getattr(quiet_trainer(tmp_path), verb)(model, datamodule=data_of(random_walk(120)))


@pytest.mark.parametrize("setting", WRONG)
def test_no_forecast_is_repeated_or_cut_to_the_lengths_of_the_data(setting: str, tmp_path: Path) -> None:
    data = data_of(random_walk(120))
    model = LSTM(hidden_size=4, **{**LENGTHS, setting: WRONG[setting]})  # type: ignore[arg-type]
    with pytest.raises(UserError, match="give model and data the same"):
        forecast_rows(model, data.windows, data.fold.val)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Lightning's, of loaders that are no data module's
        with pytest.raises(UserError, match="give model and data the same"):
            quiet_trainer(tmp_path).fit(model, data.train_dataloader(), data.val_dataloader())


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        (lambda self, context: context[:, -1:, 0], r"Own.forecast gave \(\d+, 1\), not \(batch, horizon\)"),
        (lambda self, context: None, "Own.forecast gave NoneType"),
        (lambda self, context: context[:, -2:, 0].int(), "Own.forecast gave numbers of type int32"),
        (lambda self, context: context[:, -2:, 0] * torch.nan, "Own forecasts numbers that are not finite"),
    ],
)
def test_a_wrong_forecast_of_a_variants_own_is_refused_wherever_it_is_read(
    written: Callable[..., Any], sentence: str, tmp_path: Path
) -> None:
    data, model = data_of(random_walk(120)), method("forecast", written)
    with pytest.raises(UserError, match=sentence):
        forecast_rows(model, data.windows, data.fold.val)
    coming = CloseDataModule(Given(random_walk(120)), **LENGTHS)  # type: ignore[arg-type]
    coming.setup("predict")
    with pytest.raises(UserError, match=sentence.replace("d+", "d")):
        next_closes(model, coming)
    if "finite" not in sentence:
        with pytest.raises(UserError, match=sentence):
            quiet_trainer(tmp_path).validate(model, data, verbose=False)
