"""Baselines without parameters: random walk, drift and mean (Hyndman and Athanasopoulos, FPP3, section 5.2)."""

import torch
from jaxtyping import Float
from torch import Tensor

from cryptoforecast.models.forecaster import Forecaster


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


BASELINES = (RandomWalk, Drift, Mean)
