"""LightGBM's boosters as a forecaster: the library is the oracle, and its text is the checkpoint."""

import io
from typing import Any

import lightgbm
import numpy as np
import pytest
import torch

from cryptoforecast import LightGBM, UserError

LENGTHS = {"context_length": 4, "horizon": 2}
X = torch.tensor(np.random.default_rng(0).normal(size=(200, 4, 1)), dtype=torch.float32)
Y = torch.stack([X[:, -1, 0].sign(), X[:, 0, 0] * 0.5], dim=1)
SMALL: dict[str, Any] = {"rounds": 8, "leaves": 4, "min_leaf": 5}


def test_its_forecasts_are_those_of_the_library_to_the_bit_also_from_a_checkpoint() -> None:
    model = LightGBM(**SMALL, **LENGTHS)
    model.fit(X, Y)
    table = X.flatten(1).double().numpy()
    chosen = {"objective": "regression", "num_leaves": 4, "learning_rate": 0.05, "min_data_in_leaf": 5, "verbosity": -1,
              "num_threads": 1, "deterministic": True, "force_row_wise": True, "seed": 0}  # fmt: skip
    expected = [lightgbm.train(chosen, lightgbm.Dataset(table, Y[:, step].double().numpy()), 8).predict(table)
                for step in range(2)]  # fmt: skip
    assert torch.equal(model(X), torch.tensor(np.stack(expected, axis=1), dtype=torch.float32))
    file = io.BytesIO()
    torch.save(model.state_dict(), file)
    file.seek(0)
    made = LightGBM(**SMALL, **LENGTHS)
    made.load_state_dict(torch.load(file, weights_only=True))
    assert torch.equal(made(X), model(X))
    assert made.trees[0].startswith("tree\nversion=")


def test_it_learns_a_step_that_no_line_can() -> None:
    model = LightGBM(rounds=60, leaves=4, min_leaf=5, learning_rate=0.2, **LENGTHS)
    model.fit(X, Y)
    assert (model(X)[:, 0] - Y[:, 0]).abs().mean() < 0.01


def test_a_further_parameter_reaches_the_library_and_a_wrong_one_is_a_sentence() -> None:
    model = LightGBM(**SMALL, parameters={"lambda_l2": 1e6}, **LENGTHS)
    model.fit(X, Y)
    assert model(X)[:, 0].std() < 1e-4
    with pytest.raises(UserError, match="LightGBM: "):
        LightGBM(**SMALL, parameters={"objective": "no such"}, **LENGTHS).fit(X, Y)
