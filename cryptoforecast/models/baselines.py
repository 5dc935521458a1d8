"""Baselines: random walk, drift and mean (Hyndman and Athanasopoulos, FPP3, section 5.2); and the ladder's models."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.models.heads.rung_head import RungHead


class RandomWalk(Forecaster):
    """Forecasts the last close of the context for every step: persistence.

    >>> RandomWalk(context_length=3, horizon=2).forecast(torch.tensor([[[1.0], [2.0], [4.0]]])).tolist()
    [[4.0, 4.0]]
    """

    def forecast(self, context: Float[Tensor, "batch context_length channels"]) -> Float[Tensor, "batch horizon"]:
        """The last close, ``horizon`` times."""
        return context[:, -1:, 0].expand(-1, self.horizon)


class Drift(Forecaster):
    """Extends the line through the first and the last close of the context.

    >>> Drift(context_length=3, horizon=2).forecast(torch.tensor([[[1.0], [2.0], [4.0]]])).tolist()
    [[5.5, 7.0]]
    """

    def forecast(self, context: Float[Tensor, "batch context_length channels"]) -> Float[Tensor, "batch horizon"]:
        """The last close plus, per step, the mean change over the context; with a context of one close, that close."""
        first, last = context[:, :1, 0], context[:, -1:, 0]
        steps = torch.arange(1, self.horizon + 1, device=context.device, dtype=context.dtype)
        return last + steps * (last - first) / max(self.context_length - 1, 1)


class Mean(Forecaster):
    """Forecasts the mean close of the context for every step.

    >>> Mean(context_length=3, horizon=2).forecast(torch.tensor([[[1.0], [2.0], [6.0]]])).tolist()
    [[3.0, 3.0]]
    """

    def forecast(self, context: Float[Tensor, "batch context_length channels"]) -> Float[Tensor, "batch horizon"]:
        """The mean close of the context, ``horizon`` times."""
        return context[..., 0].mean(dim=1, keepdim=True).expand(-1, self.horizon)


class Ewma(Forecaster):
    """Exponentially weighted moving variance; see :class:`~cryptoforecast.models.ladder.ewma.EwmaRung`.

    The last close is its point forecast. It is fitted to the training bars when it is judged, and needs no checkpoint.

    >>> from cryptoforecast import CloseDataModule, SimulatedSource, forecast_rows
    >>> rows = forecast_rows(Ewma(), CloseDataModule(SimulatedSource(rows=3000)), "test")
    >>> bool((rows["0.05"] < rows["last"]).all()), float(rows["pit"].between(0.05, 0.95).mean().round(2))
    (True, 0.91)
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs, head=RungHead("Ewma"))

    forecast = RandomWalk.forecast


class Garch(Forecaster):
    """GJR-GARCH(1,1) with Student-t shocks; see :class:`~cryptoforecast.models.ladder.garch.GarchRung`.

    The last close is its point forecast. It is fitted to the training bars when it is judged, and needs no checkpoint.

    >>> from cryptoforecast import CloseDataModule, SimulatedSource, forecast_rows
    >>> rows = forecast_rows(Garch(), CloseDataModule(SimulatedSource(rows=3000)), "test")
    >>> bool((rows["0.05"] < rows["last"]).all()), float(rows["pit"].between(0.05, 0.95).mean().round(2))
    (True, 0.9)
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs, head=RungHead("Garch"))

    forecast = RandomWalk.forecast


class Har(Forecaster):
    """A heterogeneous autoregression of the range; see :class:`~cryptoforecast.models.ladder.har.HarRung`.

    The last close is its point forecast. It is fitted to the training bars when it is judged, and needs no checkpoint.

    >>> from cryptoforecast import CloseDataModule, SimulatedSource, forecast_rows
    >>> rows = forecast_rows(Har(), CloseDataModule(SimulatedSource(rows=3000)), "test")
    >>> bool((rows["0.05"] < rows["last"]).all()), float(rows["pit"].between(0.05, 0.95).mean().round(2))
    (True, 0.9)
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs, head=RungHead("Har"))

    forecast = RandomWalk.forecast


BASELINES = (RandomWalk, Drift, Mean)
RUNG_MODELS = (Ewma, Garch, Har)  # beside models with a distribution
