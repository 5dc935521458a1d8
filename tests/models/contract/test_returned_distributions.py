"""Models whose ``forward`` returns a distribution of torch."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, distributions

from cryptoforecast import LSTM, UserError, forecast_rows
from cryptoforecast.quantiles import COLUMNS
from tests.helpers import data_of
from tests.models.contract.helpers import CLOSES, DISTRIBUTION_CURVES, fitted
from tests.models.helpers import LENGTHS


class Says(LSTM):
    """An LSTM whose forward returns a distribution of torch."""

    def __init__(self, kind: str = "Normal", **kwargs: Any) -> None:
        super().__init__(hidden_size=4, **kwargs)
        self.kind = kind
        self.calls = 0

    def forward(self, x: Tensor) -> Any:
        self.calls += 1
        location = super().forward(x)
        scale = torch.ones_like(location)
        if self.kind == "Mixture":
            parts = distributions.Normal(torch.stack([location, location + 1], -1), torch.stack([scale, 2 * scale], -1))
            return distributions.MixtureSameFamily(
                distributions.Categorical(scale.unsqueeze(-1).expand(-1, -1, 2)), parts
            )
        if self.kind == "Independent":
            return distributions.Independent(distributions.Normal(location, scale), 1)
        if self.kind == "StudentT":
            return distributions.StudentT(scale * 4, location, scale)
        return getattr(distributions, self.kind)(location, scale)


@pytest.mark.parametrize("kind", ["Normal", "StudentT", "Laplace", "Mixture", "Gumbel"])
def test_forward_may_return_a_distribution_and_is_called_once_a_batch(kind: str, tmp_path: Path) -> None:
    model = Says(kind, **LENGTHS)
    data, trainer = fitted(model, tmp_path)
    assert set(DISTRIBUTION_CURVES) <= {name.removeprefix("val/") for name in trainer.callback_metrics}
    calls = model.calls
    rows = forecast_rows(model, data, "test")
    assert model.calls == calls + 1
    quantiles = rows[list(COLUMNS)].to_numpy()
    assert (np.diff(quantiles, axis=1) > 0).all()
    assert (rows["forecast"] == rows["0.5"]).all()
    assert rows["log_density"].notna().all()
    context = data.windows[data.fold.test].context
    assert model.forecast(context).flatten().tolist() == pytest.approx(rows["forecast"].tolist(), rel=1e-5)


def test_the_pit_of_a_distribution_is_its_own_distribution_function(tmp_path: Path) -> None:
    model = Says("Normal", **LENGTHS).eval()
    data = data_of(CLOSES)
    rows, window = forecast_rows(model, data, "test"), data.windows[data.fold.test]
    target = model.scaled(window.target, window.context).double()
    expected = model(model.network_inputs(window.context)).cdf(target).detach()
    assert rows["pit"].to_numpy() == pytest.approx(expected.flatten().numpy(), abs=1e-6)


def test_distributions_of_another_shape_or_without_quantiles_are_explained() -> None:
    data = data_of(CLOSES)
    with pytest.raises(UserError, match=r"forward gave a Independent of batch shape \(\d+,\) and event shape \(2,\)"):
        forecast_rows(Says("Independent", **LENGTHS), data, "test")
    with pytest.raises(UserError, match="VonMises, for which torch has neither icdf nor cdf"):
        forecast_rows(Says("VonMises", **LENGTHS), data, "test")
