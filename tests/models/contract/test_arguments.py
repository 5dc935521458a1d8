"""``forward`` is given what it names: the same values as computed by hand, in every verb, and nothing else."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from lightning.pytorch import seed_everything
from torch import Tensor, nn

from cryptoforecast import (
    LSTM,
    CloseDataModule,
    Forecaster,
    UserError,
    calendar,
    forecast_rows,
    load_forecaster,
    next_closes,
)
from cryptoforecast.models.contract.following import follow
from tests.helpers import Given, coins_of, data_of, random_walk
from tests.models.helpers import LENGTHS, Linear, quiet_trainer

FUTURE = ["day_of_week", "month"]
COINS = [Given(random_walk(150, seed), symbol=f"COIN{seed}-USD") for seed in range(3)]


class Asking(Forecaster):
    """Notes what it is given, and forecasts with all of it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.layer = nn.Linear(self.context_length + len(self.future) * self.horizon, self.outputs)
        self.coin = nn.Embedding(self.series_count + 1, self.outputs)
        self.given: list[dict[str, Any]] = []

    def forward(self, x: Tensor, series: Tensor, times: Tensor, future: Tensor, target: Tensor | None) -> Tensor:
        self.given.append({"x": x, "series": series, "times": times, "future": future, "target": target})
        numbers: Tensor = self.layer(torch.cat([x[..., 0], future.flatten(1)], dim=1)) + self.coin(series)
        return numbers


def asking(count: int = 3, **settings: Any) -> Asking:
    seed_everything(0, verbose=False)
    return Asking(**{**LENGTHS, "future": FUTURE, "series_count": count, **settings})


def fitted(folder: Path, *coins: Given, **settings: Any) -> tuple[Asking, CloseDataModule, Any]:
    data, model = coins_of(*(coins or COINS), future=FUTURE), asking(len(coins or COINS))
    trainer = quiet_trainer(folder, num_sanity_val_steps=0, **settings)
    trainer.fit(model, data)
    return model, data, trainer


def test_a_training_step_is_given_what_forward_names(tmp_path: Path) -> None:
    model, data, _ = fitted(tmp_path, max_epochs=1)
    by_stage = {stage: [item for item in model.given if (item["target"] is None) == (stage == "val")]
                for stage in ("train", "val")}  # fmt: skip
    assert sum(len(item["x"]) for item in by_stage["train"]) == len(data.fold.train)
    assert sum(len(item["x"]) for item in by_stage["val"]) == len(data.fold.val)
    window = follow(model, data)[data.fold.val]
    assert torch.equal(torch.cat([item["times"] for item in by_stage["val"]]), window.times)
    for item in model.given:
        assert item["series"].shape == (len(item["x"]),)
        assert item["series"].dtype == item["times"].dtype == torch.int64
        assert item["times"].shape == (len(item["x"]), 5)
        assert item["future"].shape == (len(item["x"]), 2, 2)
        assert item["future"].dtype == torch.float32
    for item in by_stage["train"]:
        assert item["target"].shape == (len(item["x"]), 2)
        origins = pd.DatetimeIndex(item["times"][:, -1].numpy().view("datetime64[ns]"), tz="UTC")
        for row, (number, origin) in enumerate(zip(item["series"].tolist(), origins, strict=True)):
            closes = data.series[number - 1].closes
            at = closes.index.get_loc(origin)
            expected = 20 * np.log(closes.iloc[at + 1 : at + 3].to_numpy() / closes.iloc[at])
            assert item["target"][row].tolist() == pytest.approx(expected, abs=1e-5)


def test_the_future_is_the_calendar_of_the_times_of_the_targets() -> None:
    data, model = coins_of(*COINS, future=FUTURE), asking()
    window = follow(model, data)[data.fold.train[:7]]
    assert torch.equal(window.future, calendar(data.windows.target_times(data.fold.train[:7]), FUTURE))
    assert torch.equal(window.times[:, -1], window.origin)


def test_a_model_that_names_nothing_has_the_batches_it_had() -> None:
    data = coins_of(*COINS, future=FUTURE)
    assert follow(LSTM(**LENGTHS), data) is data.windows
    assert set(data.windows[data.fold.val].tensors()) == {"context", "target", "origin", "series"}
    with_all = follow(asking(), data)
    assert set(with_all[data.fold.val].tensors()) == {*data.windows[0].tensors(), "times", "future", "identity"}


def test_a_series_is_known_by_its_symbol_whatever_the_order_of_the_data(tmp_path: Path) -> None:
    model, data, trainer = fitted(tmp_path)
    trainer.save_checkpoint(tmp_path / "a.ckpt")
    loaded = load_forecaster(tmp_path / "a.ckpt")
    assert loaded.known_series is not None
    assert loaded.known_series.symbols == ["COIN0-USD", "COIN1-USD", "COIN2-USD"]
    assert loaded.record() == model.record()
    rows = forecast_rows(loaded, data, "test")
    pd.testing.assert_frame_equal(rows, forecast_rows(model, data, "test"), check_exact=True)
    backwards = forecast_rows(loaded, coins_of(*COINS[::-1], future=FUTURE), "test")
    by = ["series", "origin", "step"]
    pd.testing.assert_frame_equal(
        backwards.sort_values(by, ignore_index=True), rows.sort_values(by, ignore_index=True), check_exact=True
    )


def test_a_series_that_the_model_was_not_trained_on_has_the_number_zero(tmp_path: Path) -> None:
    model, *_ = fitted(tmp_path)
    model.given.clear()
    other = Given(random_walk(150), symbol="NEW-USD")
    forecast_rows(model, coins_of(other, COINS[2], future=FUTURE), "val")
    assert set(torch.cat([item["series"] for item in model.given]).tolist()) == {0, 3}


def test_predict_knows_the_times_after_the_last_bar(tmp_path: Path) -> None:
    model, data, trainer = fitted(tmp_path)
    model.given.clear()
    rows = next_closes(model, data)
    for number, item in enumerate(model.given):
        times = rows.loc[rows["series"] == f"COIN{number}-USD", "timestamp"]
        stamps = torch.tensor(times.to_numpy("datetime64[ns]").astype("int64"))
        assert torch.equal(item["future"][0], calendar(stamps, FUTURE))
        assert item["times"][0].tolist() == data.series[number].closes.index[-5:].as_unit("ns").asi8.tolist()
        assert item["series"].tolist() == [number + 1]
        assert item["target"] is None
    (answer,) = trainer.predict(model, data)
    assert answer.flatten().tolist() == pytest.approx(rows["forecast"].tolist())


@pytest.mark.parametrize("precision", ["32-true", "64-true", "bf16-mixed"])
def test_what_is_known_of_the_future_has_the_dtype_of_the_network(precision: str, tmp_path: Path) -> None:
    model, *_ = fitted(tmp_path, COINS[0], precision=precision, max_epochs=1)
    assert {item["future"].dtype for item in model.given} == {
        torch.float64 if precision == "64-true" else torch.float32
    }


@pytest.mark.parametrize(
    ("forward", "sentence"),
    [
        (
            lambda self, x, serie: x,
            r"Own.forward asks for serie; the nearest is series: it is given x and, if it names",
        ),
        (lambda self, x, depth: x, "Own.forward asks for depth; there are future, series, target, times"),
        (lambda self, times: times, r"has times as its first argument, .* write `def forward\(self, x, times\)`"),
    ],
)
def test_an_argument_that_nobody_gives_is_told_when_the_model_is_made(
    forward: Callable[..., Any], sentence: str
) -> None:
    kind = type("Own", (Linear,), {"forward": forward})
    with pytest.raises(UserError, match=sentence) as refused:
        kind(**LENGTHS)
    assert "\n" not in str(refused.value)


def test_arguments_with_defaults_that_are_not_ours_stay_as_they_are(tmp_path: Path) -> None:
    class Deep(Linear):
        def forward(self, x: Tensor, depth: int = 3, *, series: Tensor | None = None) -> Tensor:
            assert depth == 3
            assert series is not None
            return super().forward(x)

    forecast_rows(Deep(**LENGTHS), data_of(random_walk(100)), "val")


def test_a_forecast_of_ones_own_may_call_forward_with_anything() -> None:
    class Own(Linear):
        def forward(self, x: Tensor, scale: float) -> Tensor:
            return super().forward(x) * scale

        def forecast(self, context: Tensor) -> Tensor:
            return context[:, -2:, 0] + self(context.float(), 0.0)

    assert len(forecast_rows(Own(**LENGTHS), data_of(random_walk(100)), "val")) > 0


def test_what_bars_alone_do_not_tell_is_asked_of_a_data_module() -> None:
    context = torch.ones(2, 5, 1, dtype=torch.float64)
    with pytest.raises(UserError, match="Asking.forward names series, which bars do not hold: forecast windows"):
        asking().forecast(context)
    data = coins_of(*COINS)
    with pytest.raises(UserError, match="Asking.forward names series, which bars do not hold"):
        forecast_rows(asking(), data.windows, data.fold.val)

    class Optional(Linear):
        def forward(self, x: Tensor, times: Tensor | None = None) -> Tensor:
            assert times is None
            return super().forward(x)

    assert Optional(**LENGTHS).forecast(context).shape == (2, 2)


@pytest.mark.parametrize(
    ("of_data", "of_model", "sentence"),
    [
        ({}, {"future": ()}, r"Asking.forward names future, and data.future is empty; set it, such as \[hour_of_day"),
        (
            {"future": ["month"]},
            {},
            r"has future \[day_of_week, month\], and data.future is \[month\]; from Python say",
        ),
        ({"future": FUTURE}, {"series_count": 2}, r"has series_count 2, and is trained on COIN0-USD, COIN1-USD, COIN2"),
    ],
)
def test_data_without_what_forward_names_are_refused(
    of_data: dict[str, Any], of_model: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=sentence):
        quiet_trainer(tmp_path).fit(asking(**{"count": 3, **of_model}), coins_of(*COINS, **of_data))


@pytest.mark.parametrize("future", [["hour_of_dy"], ["Halving"]])
def test_a_name_that_is_neither_of_the_calendar_nor_of_a_source_is_refused(future: list[str]) -> None:
    with pytest.raises(UserError, match=f"COIN0-USD: data.future names {future[0]}, which is neither a feature of"):
        coins_of(*COINS, future=future)


def test_a_compiled_model_is_given_the_same(tmp_path: Path) -> None:
    model, data, _ = fitted(tmp_path, COINS[0])
    usual = forecast_rows(model, data, "val")
    model.compile(backend="eager")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pd.testing.assert_frame_equal(forecast_rows(model, data, "val"), usual)
