"""RangeLSTM: before it has learned anything, it is the rung that its head stands on."""

from pathlib import Path

import numpy as np
import torch

from cryptoforecast import CloseDataModule, CsvSource, RangeLSTM, StudentT
from cryptoforecast.evaluation.beside_baselines import rows_beside_baselines
from cryptoforecast.models.contract.preparation import fit_base
from cryptoforecast.quantiles import COLUMNS
from tests.helpers import random_walk, write_yahoo


def test_before_training_its_quantiles_are_those_of_its_rung(tmp_path: Path) -> None:
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(400))
    data = CloseDataModule(
        CsvSource(str(tmp_path / "COIN-USD.csv")), context_length=20, columns=("Close", "High", "Low")
    )
    data.setup("fit")
    model = RangeLSTM(context_length=20, columns=data.columns, head=StudentT(relative_to="Har"))
    fit_base(model, data)
    data.setup("test")
    rows = rows_beside_baselines(model, data, "test")
    assert rows["model"].unique().tolist() == ["RangeLSTM", "RandomWalk", "Drift", "Mean", "Ewma", "Garch", "Har"]
    own, har = (rows.loc[rows["model"] == name, list(COLUMNS)].to_numpy() for name in ("RangeLSTM", "Har"))
    np.testing.assert_allclose(own, har, rtol=1e-5)


def test_it_does_not_see_the_unit_of_price_and_takes_standing_closes() -> None:
    model = RangeLSTM(context_length=10, columns=("Close", "High", "Low"), head=StudentT(relative_to="none")).eval()
    torch.nn.init.normal_(model.network.head.weight)
    standing = torch.full((2, 10, 3), 7.0, dtype=torch.float64)
    assert torch.isfinite(model(model.network_inputs(standing))).all()
    bars = torch.rand(2, 10, 3, dtype=torch.float64) + torch.tensor([5.0, 6.0, 4.0], dtype=torch.float64)
    numbers = [model(model.network_inputs(unit * bars)) for unit in (1.0, 1e-6)]
    torch.testing.assert_close(*numbers)
