"""The contract, over every forecaster there is, and what they all inherit."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch
from lightning.pytorch import seed_everything
from torch import Tensor, nn

from cryptoforecast import (
    LSTM,
    Forecaster,
    RandomWalk,
    RelativeLog,
    Scaling,
    TrainMinMax,
    UserError,
    Window,
    WindowStandard,
)
from tests.helpers import data_of, random_walk
from tests.models.helpers import CONTEXT_LENGTH, HORIZON, LENGTHS, MAKERS, made, quiet_trainer

every_forecaster = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


def contexts(closes: list[float]) -> Tensor:
    return torch.tensor(closes, dtype=torch.float64).unfold(0, CONTEXT_LENGTH, 1).unsqueeze(-1)


@every_forecaster
@torch.no_grad()
def test_a_forecast_has_one_close_per_step(make: Callable[[], Forecaster]) -> None:
    closes = random_walk(40)
    forecast = made(make, closes).forecast(contexts(closes))
    assert forecast.shape == (36, HORIZON)
    assert forecast.dtype == torch.float64


@every_forecaster
@pytest.mark.parametrize("unit", [0.01, 1e5])
@torch.no_grad()
def test_a_forecast_scales_with_the_unit_of_price(make: Callable[[], Forecaster], unit: float) -> None:
    closes = random_walk(40)
    in_dollars = made(make, closes).forecast(contexts(closes))
    scaled = [unit * close for close in closes]
    torch.testing.assert_close(made(make, scaled).forecast(contexts(scaled)), unit * in_dollars, rtol=1e-5, atol=0)


@every_forecaster
@torch.no_grad()
def test_a_forecast_does_not_depend_on_the_rest_of_its_batch(make: Callable[[], Forecaster]) -> None:
    closes = random_walk(40)
    forecaster = made(make, closes)
    together = forecaster.forecast(contexts(closes))
    alone = torch.cat([forecaster.forecast(one.unsqueeze(0)) for one in contexts(closes)])
    torch.testing.assert_close(together, alone, rtol=1e-6, atol=0)


@every_forecaster
@torch.no_grad()
def test_closes_after_an_origin_change_no_forecast_from_it(make: Callable[[], Forecaster]) -> None:
    closes = random_walk(60)
    garbage = [*closes[:40], *(7 * close for close in closes[40:])]
    forecaster = made(make, closes[:40])
    windows, others = (data_of(values).windows for values in (closes, garbage))
    before = torch.arange(40 - CONTEXT_LENGTH + 1)  # origins up to the last true close
    assert torch.equal(forecaster.forecast(windows[before].context), forecaster.forecast(others[before].context))


@every_forecaster
def test_every_forecaster_can_be_trained_or_has_nothing_to_learn(
    make: Callable[[], Forecaster], tmp_path: Path
) -> None:
    forecaster, data = make(), data_of(random_walk(120))
    before = [weights.clone() for weights in forecaster.parameters()]
    trainer = quiet_trainer(tmp_path)
    trainer.fit(forecaster, data)
    assert trainer.callback_metrics["val/loss"].isfinite()
    changed = [not torch.equal(old, new) for old, new in zip(before, forecaster.parameters(), strict=True)]
    assert all(changed)


def test_a_forecaster_without_forward_says_what_is_missing() -> None:
    with pytest.raises(UserError, match=r"Forecaster has no forward\(x\)"):
        Forecaster(**LENGTHS).forecast(contexts(random_walk(10)))


def test_the_random_walk_logs_a_skill_of_zero_to_the_last_digit(tmp_path: Path) -> None:
    trainer = quiet_trainer(tmp_path)
    trainer.validate(RandomWalk(**LENGTHS), data_of(random_walk(200)), verbose=False)
    assert trainer.callback_metrics["val/skill"] == 0.0
    assert trainer.callback_metrics["val/loss"] == trainer.callback_metrics["val/loss_random_walk"]


@pytest.mark.parametrize("batch_size", [1, 7, 1024])
def test_rmse_over_batches_is_rmse_over_all_targets(
    batch_size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cryptoforecast.data.datamodule.EVAL_BATCH_SIZE", batch_size)
    data, forecaster = data_of(random_walk(200)), made(MAKERS["LSTM"], random_walk(200))
    trainer = quiet_trainer(tmp_path)
    trainer.validate(forecaster, data, verbose=False)
    window = data.windows[data.fold.val]
    with torch.no_grad():
        errors = forecaster.forecast(window.context) - window.target
        walk = window.context[:, -1:, 0] - window.target
    expected = errors.square().mean().sqrt().float()
    torch.testing.assert_close(trainer.callback_metrics["val/rmse"], expected)
    skill = 1 - errors.square().mean().sqrt() / walk.square().mean().sqrt()
    torch.testing.assert_close(trainer.callback_metrics["val/skill"], skill.float())


def test_the_training_loss_logged_is_the_mean_over_all_windows(tmp_path: Path) -> None:
    seed_everything(0)
    data = data_of(random_walk(120), batch_size=32)  # the last batch is smaller
    forecaster = LSTM(hidden_size=4, optimizer=lambda weights: torch.optim.SGD(weights, lr=0.0), **LENGTHS)
    trainer = quiet_trainer(tmp_path, max_epochs=1)
    trainer.fit(forecaster, data)
    window = data.windows[data.fold.train]
    scaled = [
        RelativeLog().encode(values, window.context[..., 0]).float()
        for values in (window.context[..., 0], window.target)
    ]
    with torch.no_grad():
        expected = nn.functional.mse_loss(forecaster.eval()(scaled[0].unsqueeze(-1)), scaled[1])
    torch.testing.assert_close(trainer.callback_metrics["train/loss"], expected, check_dtype=False)


def test_a_variant_may_have_a_loss_of_its_own(tmp_path: Path) -> None:
    class Absolute(LSTM):
        def loss(self, forecast: Tensor, target: Tensor) -> Tensor:
            return nn.functional.l1_loss(forecast, target)

    trainer, data = quiet_trainer(tmp_path), data_of(random_walk(200))
    trainer.validate(Absolute(hidden_size=4, **LENGTHS), data, verbose=False)
    window = data.windows[data.fold.val]
    walk = RelativeLog().encode(window.target, window.context[..., 0]).abs().mean()
    torch.testing.assert_close(trainer.callback_metrics["val/loss_random_walk"], walk.float(), check_dtype=False)


def test_min_max_learns_from_training_closes_only(tmp_path: Path) -> None:
    closes = random_walk(100)
    data = data_of([*closes[:70], *(9 * close for close in closes[70:])], val_from=70, test_from=90)
    forecaster = LSTM(hidden_size=4, scaling=TrainMinMax(), **LENGTHS)
    quiet_trainer(tmp_path, max_epochs=1).fit(forecaster, data)
    assert isinstance(forecaster.scaling, TrainMinMax)
    assert forecaster.scaling.highest == max(closes[:70])
    assert forecaster.scaling.lowest == min(closes[:70])


def test_the_scheduler_moves_the_learning_rate(tmp_path: Path) -> None:
    forecaster = LSTM(
        hidden_size=4, scheduler=lambda optimizer: torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.1), **LENGTHS
    )
    trainer = quiet_trainer(tmp_path, max_epochs=3)
    trainer.fit(forecaster, data_of(random_walk(120)))
    torch.testing.assert_close(trainer.callback_metrics["learning_rate"], torch.tensor(1e-5))


def test_the_same_seed_gives_the_same_weights(tmp_path: Path) -> None:
    weights = []
    for _ in range(2):
        seed_everything(5)
        forecaster = LSTM(hidden_size=4, dropout=0.3, **LENGTHS)
        quiet_trainer(tmp_path).fit(forecaster, data_of(random_walk(120)))
        weights.append([parameter.detach().clone() for parameter in forecaster.parameters()])
    assert all(torch.equal(one, other) for one, other in zip(*weights, strict=True))


def test_sixteen_bit_prices_are_refused(tmp_path: Path) -> None:
    trainer = quiet_trainer(tmp_path, precision="bf16-true")
    with pytest.raises(UserError, match="trainer.precision bf16-true rounds prices away; use"):
        trainer.fit(LSTM(hidden_size=4, **LENGTHS), data_of(random_walk(120)))


def test_every_epoch_of_a_fit_has_an_order_of_its_own(tmp_path: Path) -> None:
    orders: list[list[int]] = []

    class Watching(LSTM):
        def training_step(self, window: Window, batch_index: int) -> Tensor | None:
            orders[self.current_epoch : self.current_epoch + 1] or orders.append([])
            orders[self.current_epoch] += window.origin.tolist()
            return super().training_step(window, batch_index)

    quiet_trainer(tmp_path, max_epochs=3).fit(Watching(hidden_size=4, **LENGTHS), data_of(random_walk(120)))
    assert len(orders) == 3
    assert sorted(orders[0]) == sorted(orders[1]) == sorted(orders[2])
    assert orders[0] != orders[1] != orders[2]


@pytest.mark.parametrize("scaling", [RelativeLog, TrainMinMax, WindowStandard])
def test_a_model_trained_before_a_border_does_not_know_what_comes_after_it(
    scaling: type[Scaling], tmp_path: Path
) -> None:
    closes, forecasts = random_walk(150), []
    for later in (1.0, 5.0):
        seed_everything(0)
        data = data_of([*closes[:130], *(later * close for close in closes[130:])], val_from=100, test_from=130)
        forecaster = LSTM(hidden_size=4, scaling=scaling(), **LENGTHS)
        quiet_trainer(tmp_path).fit(forecaster, data)
        forecasts.append(forecaster.eval().forecast(data.windows[data.fold.test[:1]].context))
    assert torch.equal(*forecasts)


def test_a_scaling_that_has_seen_nothing_says_so(tmp_path: Path) -> None:
    forecaster = LSTM(hidden_size=4, scaling=TrainMinMax(), **LENGTHS)
    with pytest.raises(UserError, match="TrainMinMax has not seen any training closes"):
        forecaster.forecast(contexts(random_walk(10)))


def test_a_learning_rate_that_cannot_be_is_refused_by_name(tmp_path: Path) -> None:
    forecaster = LSTM(hidden_size=4, optimizer=partial(torch.optim.Adam, lr=-1.0), **LENGTHS)
    with pytest.raises(UserError, match="model.optimizer: Invalid learning rate: -1"):
        quiet_trainer(tmp_path).fit(forecaster, data_of(random_walk(120)))


def test_what_a_function_of_the_users_raises_stays_what_it_is(tmp_path: Path) -> None:
    forecaster = LSTM(hidden_size=4, optimizer=lambda weights: torch.optim.Adam(weights, lr=-1.0), **LENGTHS)
    with pytest.raises(ValueError, match="Invalid learning rate: -1") as raised:
        quiet_trainer(tmp_path).fit(forecaster, data_of(random_walk(120)))
    assert type(raised.value) is ValueError


def test_former_names_of_methods_warn_and_name_the_new_ones() -> None:
    model, bars = LSTM(hidden_size=4, context_length=5, horizon=2).eval(), 100 + torch.rand(3, 5, 1)
    for old, new, arguments in (
        ("_asked", "network_forecast", (bars,)),
        ("_inputs", "network_inputs", (bars,)),
        ("_scaled", "scaled", (bars[:, :2, 0], bars)),
    ):
        with pytest.warns(DeprecationWarning, match=f"{old} is called {new} now"):
            before = getattr(model, old)(*arguments)
        assert torch.equal(before, getattr(model, new)(*arguments))


def test_what_the_network_forecasts_is_what_becomes_a_forecast_in_prices() -> None:
    model, bars = LSTM(hidden_size=4, context_length=5, horizon=2).eval(), 100 + torch.rand(3, 5, 1).double()
    scaled = model.network_forecast(bars)
    assert scaled.requires_grad
    torch.testing.assert_close(model.scaled(model.forecast(bars), bars), scaled)
    with pytest.raises(UserError, match="has context_length 5, and is asked about 4 closes"):
        model.network_forecast(bars[:, 1:])
