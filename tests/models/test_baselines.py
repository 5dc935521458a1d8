"""Forecasts that can be checked by head, and the rungs of the ladder as models."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from cryptoforecast import (
    LSTM,
    CloseDataModule,
    DataNotice,
    Drift,
    Ewma,
    Forecaster,
    Garch,
    Har,
    Mean,
    RandomWalk,
    UserError,
    forecast_rows,
    load_forecaster,
    next_closes,
    rows_beside_baselines,
)
from cryptoforecast.evaluation.beside_baselines import ladder_rows
from cryptoforecast.models.contract.fitted import require_fitted
from cryptoforecast.models.ladder.ladder import fit_ladder
from tests.helpers import Given, bars, data_of, random_walk
from tests.models.helpers import quiet_trainer

CONTEXT = torch.tensor([[[10.0], [13.0], [11.0], [16.0]]], dtype=torch.float64)


def test_the_random_walk_repeats_the_last_close() -> None:
    assert RandomWalk(4, 3).forecast(CONTEXT).tolist() == [[16.0, 16.0, 16.0]]


def test_drift_goes_on_by_the_mean_change() -> None:
    assert Drift(4, 3).forecast(CONTEXT).tolist() == [[18.0, 20.0, 22.0]]


def test_drift_of_a_single_close_is_that_close() -> None:
    assert Drift(1, 2).forecast(CONTEXT[:, -1:]).tolist() == [[16.0, 16.0]]


def test_the_mean_is_the_mean_of_the_context() -> None:
    assert Mean(4, 2).forecast(CONTEXT).tolist() == [[12.5, 12.5]]


RUNGS = [Ewma, Garch, Har]


def data_with_ranges(count: int = 700, **settings: Any) -> CloseDataModule:
    columns = bars(count)
    closes = columns.pop("Close")
    data = CloseDataModule(Given(closes, others=columns), **{"context_length": 20, "horizon": 2, **settings})
    data.setup("fit")
    return data


@pytest.mark.parametrize("rung", RUNGS)
def test_a_rung_forecasts_the_last_close_and_the_distribution_of_the_ladder_to_the_bit(rung: type[Forecaster]) -> None:
    data = data_with_ranges()
    rows = forecast_rows(rung(context_length=20, horizon=2), data, "test")
    assert (rows["forecast"] == rows["last"]).all()
    walk = forecast_rows(RandomWalk(context_length=20, horizon=2), data, "test")
    ladder = ladder_rows(fit_ladder(data.bars(), 2), data, data.fold.test, walk)
    beside = ladder[ladder["model"] == rung.__name__].reset_index(drop=True)
    pd.testing.assert_frame_equal(rows, beside, check_exact=True)


@pytest.mark.parametrize("rung", RUNGS)
def test_a_judged_rung_stands_once_in_the_rows(rung: type[Forecaster]) -> None:
    rows = rows_beside_baselines(rung(context_length=20, horizon=2), data_with_ranges(), "test")
    names = rows["model"].unique().tolist()
    assert names[0] == rung.__name__
    assert sorted(names) == ["Drift", "Ewma", "Garch", "Har", "Mean", "RandomWalk"]
    assert not rows.duplicated(["series", "model", "origin", "step"]).any()


@pytest.mark.parametrize("rung", RUNGS)
def test_a_rung_needs_no_fit_and_is_learned_from_training_bars_alone(rung: type[Forecaster]) -> None:
    require_fitted(rung(context_length=20, horizon=2), "test needs --ckpt_path")
    data = data_with_ranges()
    row = int(data.windows.rows(data.fold.val[:1])) + 20  # of the first validation target
    closes = data.windows.prices[:, 0].numpy().copy()
    closes[row:] *= 5
    columns = {name: np.array(values) for name, values in bars(700).items()}
    others = {name: np.where(np.arange(700) < row, values, 5 * values).tolist() for name, values in columns.items()}
    altered = CloseDataModule(Given(closes.tolist(), others=others), context_length=20, horizon=2)
    learned = []
    for module in (data, altered):
        model = rung(context_length=20, horizon=2)
        forecast_rows(model, module, "test")
        learned.append(model.output_head.base.rung.learned())
    assert learned[0] == learned[1]


@pytest.mark.parametrize("rung", RUNGS)
def test_a_rung_predicts_after_the_last_close_what_a_trainer_predicts(rung: type[Forecaster], tmp_path: Path) -> None:
    data, model = data_with_ranges(), rung(context_length=20, horizon=2)
    rows = next_closes(model, data_with_ranges())
    assert (rows["forecast"] == rows["last"]).all()
    [answers] = quiet_trainer(tmp_path).predict(model, data)
    assert answers[0].tolist() == rows["forecast"].tolist()


@pytest.mark.parametrize("rung", RUNGS)
def test_a_rung_that_was_fitted_is_in_its_checkpoint(rung: type[Forecaster], tmp_path: Path) -> None:
    data, model = data_with_ranges(), rung(context_length=20, horizon=2)
    trainer = quiet_trainer(tmp_path)
    trainer.fit(model, data)
    trainer.save_checkpoint(tmp_path / "rung.ckpt")
    loaded = load_forecaster(tmp_path / "rung.ckpt")
    assert type(loaded) is rung
    assert loaded.output_head.base.rung.learned() == model.output_head.base.rung.learned()
    first, second = (forecast_rows(item, data_with_ranges(), "test") for item in (model, loaded))
    pd.testing.assert_frame_equal(first, second, check_exact=True)


@pytest.mark.parametrize("rung", [Garch, Har])
def test_a_rung_that_cannot_be_fitted_is_refused_in_one_sentence(rung: type[Forecaster]) -> None:
    data = data_of(random_walk(120), context_length=20)
    with pytest.raises(UserError, match=rf"^{rung.__name__} cannot be fitted: .* and it takes 100\.$"):
        forecast_rows(rung(context_length=20, horizon=2), data, "test")


def test_rungs_left_out_are_said_in_one_notice() -> None:
    data = data_of(random_walk(120), context_length=20)
    with pytest.warns(DataNotice) as told:
        rows = rows_beside_baselines(Ewma(context_length=20, horizon=2), data, "test")
    assert set(rows["model"]) == {"Ewma", "RandomWalk", "Drift", "Mean"}
    [notice] = [str(warning.message) for warning in told]
    assert notice.startswith("Of the baselines' distributions, Garch is left out: COIN-USD has ")
    assert "; Har is left out: there are " in notice


def test_a_context_alone_does_not_tell_the_distribution_of_a_rung() -> None:
    data, model = data_with_ranges(), Garch(context_length=20, horizon=2)
    forecast_rows(model, data, "test")
    with pytest.raises(UserError, match="Garch follows a series from its first bar on"):
        forecast_rows(model, data.windows, data.fold.test)


def test_a_model_of_ones_own_may_not_have_the_name_of_a_rung() -> None:
    named = type("Har", (LSTM,), {})
    with pytest.raises(UserError, match="Har is the name of a baseline"):
        rows_beside_baselines(named(context_length=20, horizon=2), data_with_ranges(), "test")
