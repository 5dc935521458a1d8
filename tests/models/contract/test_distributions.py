"""Models with a distribution: their curves, their checkpoints and copies, and the option that chooses a head."""

import copy
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from lightning.pytorch import seed_everything
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from torch import Tensor, nn

from cryptoforecast import (
    LSTM,
    Forecaster,
    Point,
    StudentT,
    UserError,
    forecast_rows,
    load_forecaster,
    rows_beside_baselines,
)
from cryptoforecast.models.checkpoints.reload_check import require_reloadable
from cryptoforecast.quantiles import COLUMNS, crps
from cryptoforecast.training.settings.from_python import call_of
from tests.helpers import data_of
from tests.models.contract.helpers import CLOSES, DISTRIBUTION_CURVES, HEADS, fitted
from tests.models.helpers import LENGTHS, Simple, quiet_trainer


def test_curves_of_validation_are_the_scores_of_the_rows_and_of_the_ladders(tmp_path: Path) -> None:
    model = LSTM(hidden_size=4, head=StudentT(), **LENGTHS)
    data, trainer = fitted(model, tmp_path, callbacks=[EarlyStopping("val/crps", patience=50)])
    rows = rows_beside_baselines(model, data, "val")
    curves = {name: float(value) for name, value in trainer.callback_metrics.items()}
    scores = {name: percent_crps(part) for name, part in rows.groupby("model") if part["0.5"].notna().all()}
    assert curves["val/crps"] == pytest.approx(scores["LSTM"], rel=1e-5)
    assert curves["val/crps_random_walk"] == pytest.approx(scores["RandomWalk"], rel=1e-5)
    assert curves["val/crps_ewma"] == pytest.approx(scores["Ewma"], rel=1e-5)
    assert curves["val/density_skill"] == pytest.approx(1 - scores["LSTM"] / scores["RandomWalk"], abs=1e-5)
    mine = rows[rows["model"] == "LSTM"]
    assert curves["val/coverage_90"] == pytest.approx(mine["actual"].between(mine["0.05"], mine["0.95"]).mean())


def percent_crps(rows: pd.DataFrame) -> float:
    changes = np.log(rows[list(COLUMNS)].to_numpy() / rows[["last"]].to_numpy())
    return float(100 * crps(changes, np.log(rows["actual"] / rows["last"]).to_numpy()).mean())


def test_a_point_has_no_curve_key_or_record_of_a_distribution(tmp_path: Path) -> None:
    model, plain = LSTM(hidden_size=4, head=Point(), **LENGTHS), LSTM(hidden_size=4, **LENGTHS)
    data, trainer = fitted(model, tmp_path)
    assert not [name for name in trainer.callback_metrics if name.split("/")[-1] in DISTRIBUTION_CURVES]
    assert model._ladder_scores is None
    assert list(model.state_dict()) == list(plain.state_dict())
    assert all(name.startswith("network.") or name.startswith("scaling") for name in model.state_dict())
    assert model.record() == plain.record()
    assert "head" not in model.record()["init_args"]
    assert list(forecast_rows(model, data, "test").columns)[-1] == "actual"


@pytest.mark.parametrize("head", HEADS)
def test_a_checkpoint_forecasts_the_same_bits(head: str, tmp_path: Path) -> None:
    model = Simple(head=HEADS[head](), **LENGTHS)
    data, trainer = fitted(model, tmp_path)
    require_reloadable(trainer, model, data)
    trainer.save_checkpoint(tmp_path / "a.ckpt")
    loaded = load_forecaster(tmp_path / "a.ckpt")
    assert type(loaded.output_head) is type(model.output_head)
    assert loaded.record() == model.record()
    pd.testing.assert_frame_equal(
        forecast_rows(loaded, data, "test"), forecast_rows(model, data, "test"), check_exact=True
    )


def test_a_rung_that_a_checkpoint_lacks_is_found_before_a_fit(tmp_path: Path) -> None:
    model = Simple(head=StudentT(), **LENGTHS)
    data, trainer = fitted(model, tmp_path)
    base = model.output_head.base
    assert base is not None
    simpler = StudentT(relative_to="Ewma")
    assert simpler.base is not None
    simpler.base.fit(data.bars(), data.horizon)
    base.get_extra_state = simpler.base.get_extra_state  # type: ignore[method-assign]
    with pytest.raises(UserError, match="something that it has learned is in no checkpoint"):
        require_reloadable(trainer, model, data)


def test_a_fit_goes_on_within_an_epoch_to_the_same_bits(tmp_path: Path) -> None:
    def run(ckpt_path: str | None) -> tuple[dict[str, Any], dict[str, float], Path]:
        seed_everything(1)
        keep = ModelCheckpoint(tmp_path / "kept", filename="{step}", every_n_train_steps=3, save_top_k=-1)
        trainer = quiet_trainer(tmp_path, enable_checkpointing=True, callbacks=[keep], max_epochs=2)
        model, data = LSTM(hidden_size=4, head=StudentT(), **LENGTHS), data_of(CLOSES, batch_size=32)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            trainer.fit(model, data, ckpt_path=ckpt_path)
        return model.state_dict(), {name: float(x) for name, x in trainer.callback_metrics.items()}, tmp_path / "kept"

    weights, curves, kept = run(None)
    again, resumed, _ = run(str(kept / "step=3.ckpt"))
    assert curves == resumed
    for name, value in weights.items():
        assert torch.equal(value, again[name]) if isinstance(value, Tensor) else value == again[name]


def test_models_are_copied_and_have_layers_called_head_and_layers_of_lazy_size(tmp_path: Path) -> None:
    class Lazy(Forecaster):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.head = nn.LazyLinear(self.outputs)

        def forward(self, x: Tensor) -> Tensor:
            answer: Tensor = self.head(x[..., 0])
            return answer

    model = Lazy(head=StudentT(), **LENGTHS)
    data, _ = fitted(model, tmp_path)
    copied = copy.deepcopy(model)
    pd.testing.assert_frame_equal(forecast_rows(copied, data, "test"), forecast_rows(model, data, "test"))


def test_a_head_is_an_option_of_the_command_line_and_of_python() -> None:
    (word,) = [
        word for word in call_of("fit", model="LSTM", head=StudentT("none", centred=True)).words if "head" in word
    ]
    assert '"centred": true' in word
    assert "StudentT" in word
    assert "--model.head=StudentT" in call_of("fit", model="LSTM", head="StudentT").words
