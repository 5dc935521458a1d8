"""The quantiles of the next closes, and where figures load what they need."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cryptoforecast import (
    LSTM,
    Bernoulli,
    CloseDataModule,
    Drift,
    Forecaster,
    Head,
    StudentT,
    forecast_rows,
    next_closes,
)
from cryptoforecast.quantiles import COLUMNS
from tests.helpers import Given, data_of, random_walk
from tests.models.helpers import quiet_trainer


def trained(head: Head, closes: list[float], folder: Path) -> Forecaster:
    model = LSTM(hidden_size=4, context_length=5, horizon=2, head=head)
    quiet_trainer(folder).fit(model, data_of(closes))
    return model


@pytest.mark.parametrize("rung", ["none", "Ewma"])
def test_the_next_closes_have_the_quantiles_that_rows_have_once_the_closes_are_known(rung: str, tmp_path: Path) -> None:
    closes = random_walk(200)
    model = trained(StudentT(relative_to=rung), closes, tmp_path)  # type: ignore[arg-type]
    rows = forecast_rows(model, data_of(closes), "test")
    early = CloseDataModule(Given(closes[:-2]), context_length=5, horizon=2)
    ahead = next_closes(model, early)
    known = rows[rows["origin"] == ahead["origin"].iloc[0]]
    assert len(known) == len(ahead) == 2
    for column in ("step", "timestamp", "last"):
        assert ahead[column].tolist() == known[column].tolist()
    values = ["forecast", *COLUMNS]
    assert np.allclose(ahead[values], known[values], rtol=1e-6)  # float32 networks add in another order by batch size
    assert not {"pit", "log_density", "actual"} & set(ahead)
    assert (np.diff(ahead[list(COLUMNS)], axis=1) > 0).all()


def test_models_without_distributions_have_no_columns_of_them(tmp_path: Path) -> None:
    closes = random_walk(200)
    points = next_closes(Drift(context_length=5, horizon=2), data_of(closes))
    assert list(points) == ["series", "model", "origin", "step", "timestamp", "last", "forecast"]
    rises = next_closes(trained(Bernoulli(), closes, tmp_path), data_of(closes))
    assert list(rises) == [*points, "rise"]
    assert rises["rise"].between(0, 1).all()


def test_figures_load_matplotlib_where_they_are_drawn() -> None:
    names = "calibration, canvas, changes, crps, distribution_rows, errors, fan, forecast, next_closes, sharpness"
    code = f"from cryptoforecast.evaluation.figures import {names}; import sys; print('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
