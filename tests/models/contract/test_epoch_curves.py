"""Curves that a variant draws of its own numbers, and a skill for each of several series."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from cryptoforecast import LSTM, CloseDataModule, UserError, rows_beside_baselines
from cryptoforecast.evaluation.metrics import scores_by_series
from tests.helpers import Given, coins_of, data_of, random_walk
from tests.models.helpers import LENGTHS, quiet_trainer

CLOSES = random_walk(140)


class Drawing(LSTM):
    """Draws in both steps, in its loss, and in a hook, which is no step."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(hidden_size=2, **kwargs)

    def training_step(self, window: Any, batch_index: int) -> Any:
        self.curve("batch_mean", window.target.mean())
        self.curve("by_window", window.context[:, 0, 0])
        self.curve("one", 1)
        return super().training_step(window, batch_index)

    def validation_step(self, window: Any, batch_index: int) -> None:
        self.curve("batch_mean", window.target.mean())
        super().validation_step(window, batch_index)

    def loss(self, forecast: Tensor, target: Tensor) -> Tensor:
        self.curve("size", forecast.abs().mean())
        return super().loss(forecast, target)

    def on_train_batch_end(self, *_: Any) -> None:
        self.curve("of_a_hook", 1.0)

    def on_validation_end(self) -> None:
        self.curve("of_a_hook", 1.0)


def metrics(model: LSTM, data: CloseDataModule, folder: Path, **settings: Any) -> dict[str, float]:
    trainer = quiet_trainer(folder, **settings)
    trainer.fit(model, data)
    return {name: float(value) for name, value in trainer.callback_metrics.items()}


def test_a_curve_is_the_mean_over_the_windows_of_an_epoch_however_full_the_last_batch_is(tmp_path: Path) -> None:
    data = data_of(CLOSES, batch_size=16)
    drawn = metrics(Drawing(**LENGTHS), data, tmp_path)
    assert len(data.fold.train) % 16, "the last batch is to be smaller"
    train, val = data.windows[data.fold.train], data.windows[data.fold.val]
    assert drawn["train/batch_mean"] == pytest.approx(train.target.mean().item(), rel=1e-6)
    assert drawn["train/by_window"] == pytest.approx(train.context[:, 0, 0].mean().item(), rel=1e-6)
    assert drawn["val/batch_mean"] == pytest.approx(val.target.mean().item(), rel=1e-6)
    assert drawn["train/one"] == 1.0


def test_a_curve_of_a_loss_is_drawn_in_both_steps_and_not_for_the_random_walk_beside_them(tmp_path: Path) -> None:
    data, model = data_of(CLOSES, batch_size=16), Drawing(**LENGTHS)
    drawn = metrics(model, data, tmp_path, max_epochs=1)
    with torch.no_grad():
        window = data.windows[data.fold.val]
        size = model(model.scaling.encode(window.context[..., 0], window.context[..., 0]).float().unsqueeze(-1)).abs()
    assert drawn["val/size"] == pytest.approx(size.mean().item(), rel=1e-4)
    assert "train/size" in drawn


def test_nothing_is_drawn_between_steps_nor_without_a_trainer(tmp_path: Path) -> None:
    model = Drawing(**LENGTHS)
    model.curve("alone", 1.0)
    assert not {name for name in metrics(model, data_of(CLOSES), tmp_path) if "of_a_hook" in name or "alone" in name}


def test_curves_change_no_bit_of_the_weights(tmp_path: Path) -> None:
    class Silent(Drawing):
        def curve(self, name: str, value: Any) -> None:
            pass

    weights = []
    for kind in (Silent, Drawing):
        torch.manual_seed(0)
        model = kind(**LENGTHS)
        metrics(model, data_of(CLOSES), tmp_path)
        weights.append(torch.cat([one.flatten() for one in model.parameters()]))
    assert torch.equal(*weights)


@pytest.mark.parametrize("name", ["loss", "skill", "skill/BTC-USD", "gradient_norm"])
def test_a_curve_cannot_take_the_name_of_one_that_is_there(name: str) -> None:
    with pytest.raises(UserError, match=rf"self\.curve\('{name}', \.\.\.\): the framework has a curve of that name"):
        LSTM(**LENGTHS).curve(name, 1.0)


def test_each_of_several_series_has_a_skill_of_its_own(tmp_path: Path) -> None:
    data = coins_of(Given(random_walk(140), symbol="BTC/USD"), Given(random_walk(140, seed=1), symbol="ETH-USD"))
    model = LSTM(hidden_size=2, **LENGTHS)
    drawn = metrics(model, data, tmp_path)
    judged = scores_by_series(rows_beside_baselines(model, data, "val"))
    for name in ("BTC/USD", "ETH-USD"):
        assert drawn[f"val/skill/{name}"] == pytest.approx(judged[name]["LSTM"]["skill"], abs=1e-4)
    skills = [drawn[f"val/skill/{name}"] for name in ("BTC/USD", "ETH-USD")]
    assert drawn["val/skill"] == pytest.approx(sum(skills) / 2)


def test_one_series_has_no_second_curve_of_the_same_skill(tmp_path: Path) -> None:
    assert not any(name.startswith("val/skill/") for name in metrics(LSTM(hidden_size=2, **LENGTHS), data_of(CLOSES),
                                                                     tmp_path))  # fmt: skip
