"""Baselines of the user's that are fitted: on the training windows of each fold, and repeatably."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import cryptoforecast as cf
from cryptoforecast.evaluation.beside_baselines import rows_beside_baselines
from cryptoforecast.evaluation.user_baselines import fit_baselines, make_baselines
from tests.helpers import data_of, random_walk


class LastTarget(cf.Forecaster):
    """Forecasts the last target that it was fitted on, and counts its fits."""

    fits = 0

    def fit(self, x: Tensor, y: Tensor) -> None:
        type(self).fits += 1
        self.last, self.count, self.drawn = y[-1], len(y), float(torch.rand(()))

    def forward(self, x: Tensor) -> Tensor:
        return self.last.expand(len(x), -1)


def test_a_baseline_with_a_fit_is_fitted_on_the_training_windows_of_its_fold_alone() -> None:
    closes = np.array(random_walk(120))
    rows = []
    for test_from in (80, 100):
        data = data_of(closes.tolist(), val_from=test_from - 20, test_from=test_from)
        (baseline,) = make_baselines([LastTarget], data)
        every = rows_beside_baselines(cf.Drift(context_length=5, horizon=2), data, "test", baselines=[baseline])
        assert baseline.count == len(data.fold.train)
        rows.append(every[every["model"] == "LastTarget"])
        at = test_from - 20 - 3  # the origin of the last training window, whose targets end before val_from
        change = closes[at + 1 : at + 3] / closes[at]
        expected = rows[-1]["last"].to_numpy() * np.tile(change, len(rows[-1]) // 2)
        assert rows[-1]["forecast"].to_numpy() == pytest.approx(expected, rel=1e-5)
    assert len(rows[0]) > len(rows[1]) > 0


def test_the_fit_of_a_baseline_repeats_its_random_numbers_and_leaves_those_that_follow() -> None:
    data = data_of(random_walk(120))
    drawn, following = [], []
    for seed in (1, 2):
        (baseline,) = make_baselines([LastTarget], data)
        torch.manual_seed(seed)
        fit_baselines([baseline], data)
        drawn.append(baseline.drawn)
        torch.manual_seed(3)
        following.append(float(torch.rand(())))
    assert drawn[0] == drawn[1]
    torch.manual_seed(3)
    fit_baselines(make_baselines([LastTarget], data), data)
    assert float(torch.rand(())) == following[0]


@pytest.mark.slow
def test_a_baseline_with_a_fit_stands_in_the_table_of_a_backtest(tmp_path: Path) -> None:
    ridge = {"class_path": "SklearnForecaster", "init_args": {"arguments": {"alpha": 10.0}}}
    found = cf.backtest(
        model=cf.Drift,
        baselines=[ridge],
        folds=2,
        seed=0,
        output_dir=tmp_path / "out",
        source=cf.SimulatedSource(rows=200),
        context_length=10,
    )
    rows = found.rows[found.rows["model"] == "SklearnForecaster"]
    assert sorted(rows["fold"].unique()) == sorted(found.rows["fold"].unique())
    assert len(rows["fold"].unique()) == 2
    assert rows["forecast"].notna().all()
    assert "SklearnForecaster" in repr(found)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"weight": lambda self, window: window}, "which weight.window. has no part in: weigh the windows in fit"),
        ({"__init__": lambda self, **k: super(LastTarget, self).__init__(head=cf.StudentT(), **k)}, "StudentT, which"),
        ({"__init__": lambda self, **k: super(LastTarget, self).__init__(head=cf.Conformal(), **k)}, "head Conformal"),
    ],
)
def test_a_baseline_whose_fit_cannot_be_done_alone_is_refused(settings: dict[str, Any], sentence: str) -> None:
    data = data_of(random_walk(120))
    with pytest.raises(cf.UserError, match=sentence):
        fit_baselines(make_baselines([type("Odd", (LastTarget,), settings)], data), data)
