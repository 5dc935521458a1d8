"""ARIMA by window: statsmodels is the oracle, and a random walk with drift is known in closed form."""

import numpy as np
import pytest
import torch
from statsmodels.tsa.arima.model import ARIMA

from cryptoforecast import Arima, UserError, forecast_rows
from cryptoforecast.models.contract.fitted import require_fitted
from tests.helpers import data_of, random_walk

CLOSES = torch.tensor([random_walk(40, seed) for seed in range(2)], dtype=torch.float64).unsqueeze(-1)


@pytest.mark.filterwarnings("ignore:Maximum Likelihood optimization failed to converge")
def test_each_window_is_forecast_as_statsmodels_forecasts_it() -> None:
    forecast = Arima(p=1, d=1, q=1, context_length=40, horizon=3).forecast(CLOSES)
    for window, found in zip(CLOSES[..., 0].numpy(), forecast.numpy(), strict=True):
        logs = np.log(window) - np.log(window[-1])
        expected = window[-1] * np.exp(ARIMA(logs, order=(1, 1, 1), trend="n").fit().forecast(3))
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_without_terms_it_is_the_random_walk_and_with_a_trend_the_drift_of_logs() -> None:
    lengths = {"context_length": 40, "horizon": 2}
    np.testing.assert_allclose(Arima(0, 1, 0, **lengths).forecast(CLOSES), CLOSES[:, -1].expand(-1, 2), rtol=1e-9)
    logs = CLOSES[..., 0].log()
    drift = (logs[:, -1] - logs[:, 0]) / 39
    expected = (logs[:, -1:] + drift.unsqueeze(1) * torch.tensor([1.0, 2.0])).exp()
    np.testing.assert_allclose(Arima(0, 1, 0, trend="t", **lengths).forecast(CLOSES), expected, rtol=1e-4)


def test_it_needs_no_fit_and_is_judged_as_it_is() -> None:
    model, data = Arima(0, 1, 1, context_length=30, horizon=1), data_of(random_walk(60), context_length=30, horizon=1)
    require_fitted(model, "test needs --ckpt_path")
    assert len(forecast_rows(model, data, "test")) == len(data.fold.test)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"p": -1}, "model.p, d and q are -1, 1 and 0; they are not negative"),
        ({"p": 3, "context_length": 5}, "data.context_length, which is 5, is greater than 5"),
        ({"trend": "q"}, "model.trend is 'q'; it is one of n, c, t and ct"),
    ],
)
def test_an_order_that_a_window_cannot_tell_is_a_sentence(arguments: dict[str, object], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        Arima(**arguments)  # type: ignore[arg-type]
