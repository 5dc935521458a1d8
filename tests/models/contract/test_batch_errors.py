"""What val/loss and its random walk's mean, and when they are left out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import seed_everything
from torch import Tensor, nn

from cryptoforecast import LSTM, Drift, Forecaster, RandomWalk
from tests.helpers import data_of, random_walk
from tests.models.helpers import LENGTHS, quiet_trainer

CRASH = [*random_walk(110), *(30_000.0 * 0.5**day for day in range(40))]
WALK = "val/loss_random_walk"


def validated(model: Forecaster, folder: Path, closes: list[float] | None = None) -> dict[str, Tensor]:
    trainer = quiet_trainer(folder)
    trainer.validate(model, data_of(closes or random_walk(200)), verbose=False)
    return dict(trainer.callback_metrics)


def test_a_negative_forecast_has_errors_in_price_and_no_loss(tmp_path: Path) -> None:
    curves = validated(Drift(**LENGTHS), tmp_path, CRASH)
    assert "val/loss" not in curves
    assert all(value.isfinite() for value in curves.values())
    assert {"val/rmse", "val/skill", WALK} <= curves.keys()
    assert validated(Drift(**LENGTHS), tmp_path)["val/loss"].isfinite()


def test_the_loss_of_a_negative_forecast_is_that_of_forward_where_there_is_one(tmp_path: Path) -> None:
    class Below(LSTM):
        def forecast(self, context: Tensor) -> Tensor:
            return super().forecast(context) - 1e6

    losses = []
    for kind in (LSTM, Below):
        seed_everything(0)
        losses.append(validated(kind(hidden_size=4, **LENGTHS), tmp_path)["val/loss"])
    assert torch.equal(*losses)


def test_a_network_that_has_diverged_has_a_loss_that_says_so(tmp_path: Path) -> None:
    class Broken(LSTM):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x) * torch.nan

    assert validated(Broken(hidden_size=4, **LENGTHS), tmp_path)["val/loss"].isnan()


def test_a_loss_that_is_left_out_of_one_epoch_is_not_the_one_before(tmp_path: Path) -> None:
    class Worse(Drift):
        def forecast(self, context: Tensor) -> Tensor:
            return super().forecast(context) - (1e6 if self.current_epoch else 0)

    trainer = quiet_trainer(tmp_path, max_epochs=2, num_sanity_val_steps=0)
    trainer.fit(Worse(**LENGTHS), data_of(random_walk(200)))
    assert "val/loss" not in trainer.callback_metrics
    assert trainer.callback_metrics["val/rmse"] > 1e5


class Left(LSTM):
    """Leaves something on itself that its loss reads."""

    def forward(self, x: Tensor) -> Tensor:
        answer = super().forward(x)
        self.kept = {"answer": answer, "size": x.square().mean()}
        return answer


class Quantile(Left):
    def loss(self, forecast: Tensor, target: Tensor) -> Tensor:
        error = target - self.kept["answer"]
        return torch.maximum(0.9 * error, -0.1 * error).mean()


class Penalised(Left):
    def loss(self, forecast: Tensor, target: Tensor) -> Tensor:
        return super().loss(forecast, target) + 0.1 * self.kept["size"]


class InTraining(Left):
    def loss(self, forecast: Tensor, target: Tensor) -> Tensor:
        return super().loss(forecast, target) + (self.kept["size"] if self.training else 0.0)


class OfAModule(LSTM):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.criterion = nn.HuberLoss(delta=0.5)

    def loss(self, forecast: Tensor, target: Tensor) -> Tensor:
        self.log("val/part", forecast.mean(), batch_size=len(forecast))
        answer: Tensor = self.criterion(forecast, target)
        return answer


@pytest.mark.parametrize(
    ("kind", "drawn"), [(Quantile, False), (Penalised, False), (InTraining, True), (OfAModule, True), (LSTM, True)]
)
def test_the_random_walk_has_a_loss_only_where_the_loss_is_of_the_forecast_alone(
    kind: Callable[..., Forecaster], drawn: bool, tmp_path: Path
) -> None:
    curves = validated(kind(hidden_size=4, **LENGTHS), tmp_path)
    assert (WALK in curves) == drawn
    assert curves["val/loss"].isfinite()
    assert not drawn or curves[WALK] != curves["val/loss"]


def test_asking_whether_a_loss_is_of_the_forecast_alone_changes_nothing(tmp_path: Path) -> None:
    class Counting(OfAModule):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.register_buffer("asked", torch.zeros(()))

        def forward(self, x: Tensor) -> Tensor:
            self.asked += 1
            return super().forward(x) + torch.randn(()) * 0

    seed_everything(0)
    model, state = Counting(hidden_size=4, **LENGTHS), torch.get_rng_state()
    validated(model, tmp_path)
    assert model.asked == 1
    after = torch.get_rng_state()
    torch.set_rng_state(state)
    torch.randn(())
    assert torch.equal(torch.get_rng_state(), after)


@pytest.mark.parametrize("calls_its_parents", [True, False])
def test_a_validation_step_of_a_variants_own_logs_what_it_likes(calls_its_parents: bool, tmp_path: Path) -> None:
    class Own(LSTM):
        def validation_step(self, window: Any, batch_index: int) -> None:
            self.log("val/mine", self.forecast(window.context).mean(), batch_size=len(window.target))
            if calls_its_parents:
                super().validation_step(window, batch_index)

    trainer = quiet_trainer(tmp_path)
    trainer.fit(Own(hidden_size=4, **LENGTHS), data_of(random_walk(120)))
    assert trainer.callback_metrics["val/mine"].isfinite()
    assert ("val/loss" in trainer.callback_metrics) == calls_its_parents


def test_the_random_walk_is_a_baseline_with_a_loss_like_any(tmp_path: Path) -> None:
    curves = validated(RandomWalk(**LENGTHS), tmp_path)
    assert torch.equal(curves["val/loss"], curves[WALK])
