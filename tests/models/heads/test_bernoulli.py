"""The Bernoulli head: proper losses, an honest point forecast, and rows with a probability."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from cryptoforecast import GRU, Bernoulli, Forecaster, UserError, forecast_rows, load_forecaster
from cryptoforecast.evaluation.beside_baselines import rows_beside_baselines
from cryptoforecast.models.heads.bernoulli import Loss
from tests.helpers import data_of, random_walk
from tests.models.helpers import LENGTHS, Simple, quiet_trainer


def fitted(folder: Path, loss: Loss = "brier") -> tuple[GRU, object]:
    torch.manual_seed(0)
    data, model = data_of(random_walk(200)), GRU(hidden_size=4, head=Bernoulli(loss), **LENGTHS)
    quiet_trainer(folder).fit(model, data)
    return model, data


BY_HAND = {"brier": (0.25**2 + 0.75**2 + 2 * 0.5**2) / 4, "log": -(np.log(0.75) + np.log(0.25) + 2 * np.log(0.5)) / 4}


@pytest.mark.parametrize("loss", ["brier", "log"])
def test_the_losses_are_those_counted_by_hand(loss: Loss) -> None:
    from cryptoforecast.models.contract.answers import answer, window_of

    class Odds(Forecaster):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.tensor([[np.log(3.0), 0.0], [np.log(3.0), 0.0]], dtype=torch.float32)

    model = Odds(context_length=5, horizon=2, head=Bernoulli(loss))
    window = window_of(torch.full((2, 5, 1), 100.0, dtype=torch.float64), 2)
    predicted = answer(model, window)
    target = model.scaled(torch.tensor([[101.0, 99.0], [99.0, 100.0]], dtype=torch.float64), window.context)
    assert predicted.loss(target).item() == pytest.approx(BY_HAND[loss], rel=1e-6)  # type: ignore[union-attr]


@pytest.mark.parametrize("loss", ["brier", "log"])
def test_rows_have_the_probability_and_the_last_close_moved_by_what_it_says(loss: Loss, tmp_path: Path) -> None:
    model, data = fitted(tmp_path, loss)
    rows = forecast_rows(model, data, "test")  # type: ignore[arg-type]
    assert rows["rise"].between(0, 1).all()
    assert "0.5" not in rows
    closes = np.log(data.train_closes().numpy())  # type: ignore[attr-defined]
    for step in (1, 2):
        part = rows[rows["step"] == step]
        amount = np.abs(closes[step:] - closes[:-step]).mean()
        wanted = part["last"] * np.exp((2 * part["rise"] - 1) * amount)
        assert part["forecast"].to_numpy() == pytest.approx(wanted.to_numpy(), rel=1e-9)


def test_the_random_walk_beside_it_says_the_share_of_rises_in_training(tmp_path: Path) -> None:
    model, data = fitted(tmp_path)
    rows = rows_beside_baselines(model, data, "test")  # type: ignore[arg-type]
    closes = data.train_closes().numpy()  # type: ignore[attr-defined]
    walk = rows[rows["model"] == "RandomWalk"]
    for step in (1, 2):
        share = (closes[step:] > closes[:-step]).mean()
        assert walk.loc[walk["step"] == step, "rise"].to_numpy() == pytest.approx(share)
    assert rows.loc[rows["model"] == "Mean", "rise"].isna().all()


def test_a_checkpoint_forecasts_as_the_model_did(tmp_path: Path) -> None:
    torch.manual_seed(0)
    data, model = data_of(random_walk(200)), Simple(head=Bernoulli("log"), **LENGTHS)
    trainer = quiet_trainer(tmp_path)
    trainer.fit(model, data)
    trainer.save_checkpoint(tmp_path / "kept.ckpt")
    loaded = load_forecaster(tmp_path / "kept.ckpt")
    assert isinstance(loaded.output_head, Bernoulli)
    assert loaded.output_head.loss == "log"
    assert forecast_rows(loaded, data, "test").equals(forecast_rows(model, data, "test"))


def test_a_rise_that_follows_from_the_context_is_learned(tmp_path: Path) -> None:
    closes = [100.0 * (1.05 if day % 3 else 1.0) for day in range(300)]
    torch.manual_seed(0)
    data = data_of(closes, horizon=1)
    adam = partial(torch.optim.Adam, lr=0.02)
    model = GRU(hidden_size=16, head=Bernoulli("log"), context_length=5, horizon=1, optimizer=adam)
    quiet_trainer(tmp_path, max_epochs=30).fit(model, data)
    rows = forecast_rows(model, data, "test")
    assert ((rows["rise"] > 0.5) == (rows["actual"] > rows["last"])).all()


def test_a_head_that_was_never_fitted_has_no_point_forecast() -> None:
    with pytest.raises(UserError, match="no training changes"):
        forecast_rows(GRU(hidden_size=4, head=Bernoulli(), **LENGTHS), data_of(random_walk(100)), "test")
