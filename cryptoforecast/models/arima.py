"""ARIMA, estimated anew in each window: Box and Jenkins, Time Series Analysis: Forecasting and Control, 1970."""

import warnings
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from cryptoforecast.errors import UserError
from cryptoforecast.models.forecaster import Forecaster


class Arima(Forecaster):
    """ARIMA(p, d, q) of log closes by statsmodels, estimated by maximum likelihood in each window.

    It is a local model: it learns nothing from training windows, needs no fit and no checkpoint, and an estimation
    takes some hundredths of a second a window.

    Args:
        p: number of autoregressive terms.
        d: how often log closes are differenced.
        q: number of moving-average terms.
        trend: of the regression, as statsmodels names it: ``n`` none, ``c`` constant, ``t`` linear, ``ct`` both. With
            differences of order one, a drift is ``t``.

    >>> closes = 100 + torch.linspace(0, 3, 30, dtype=torch.float64).sin().reshape(1, 30, 1)
    >>> Arima(context_length=30, horizon=2).forecast(closes).shape
    torch.Size([1, 2])
    """

    def __init__(self, p: int = 1, d: int = 1, q: int = 0, trend: str = "n", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if min(p, d, q) < 0 or self.context_length <= p + d + q + 1:
            raise UserError(
                f"model.p, d and q are {p}, {d} and {q}; they are not negative, and data.context_length, which is "
                f"{self.context_length}, is greater than {p + d + q + 1}."
            )
        if trend not in ("n", "c", "t", "ct"):
            raise UserError(f"model.trend is {trend!r}; it is one of n, c, t and ct.")
        self.order, self.trend = (p, d, q), trend

    def forecast(self, context: Float[Tensor, "batch context_length channels"]) -> Float[Tensor, "batch horizon"]:
        """The exponentials of the forecasts of log closes."""
        logs = context[..., 0].double().log().cpu().numpy()
        forecasts = np.exp([self._forecast(window) for window in logs])
        return torch.as_tensor(forecasts, dtype=context.dtype, device=context.device)

    def _forecast(self, logs: np.ndarray) -> np.ndarray:
        """The forecasts of one window, which is centred at its last value: the likelihood is flat far from zero."""
        from statsmodels.tsa.arima.model import ARIMA

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a start or an optimum at the border
            fitted = ARIMA(logs - logs[-1], order=self.order, trend=self.trend).fit()
        forecast: np.ndarray = logs[-1] + fitted.forecast(self.horizon)
        return forecast
