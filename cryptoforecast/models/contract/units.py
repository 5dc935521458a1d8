"""The units of a network: between prices and the numbers that it works on, for each window of a batch."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from cryptoforecast.data.windows import Window
from cryptoforecast.errors import UserError
from cryptoforecast.models.heads.head import Head
from cryptoforecast.models.ladder.rung import Rung, TParameters

if TYPE_CHECKING:
    from cryptoforecast.models.forecaster import Forecaster

LEAST_SCALE = 1e-6  # of log changes: where closes stand still, a rung's goes to zero
MOST_CHANGE = 60.0  # of the log of a price: what lies beyond in a tail is written as this, and stays a price


class RungUnits(NamedTuple):
    """Log changes from the last close, centred and scaled as the rung under a head says, by step.

    Attributes:
        last: the last close of each context, ``(batch, 1)``.
        base: the rung's distributions.
    """

    last: Tensor
    base: TParameters

    def encode(self, closes: Float[Tensor, "batch horizon"]) -> Float[Tensor, "batch horizon"]:
        """Closes of the horizon in units of the rung."""
        return ((closes / self.last).log() - self.base.location) / self.base.scale

    def decode(self, scaled: Float[Tensor, "batch horizon"]) -> Float[Tensor, "batch horizon"]:
        """Closes of the horizon in their currency."""
        return self.decode_levels(scaled.unsqueeze(-1)).squeeze(-1)

    def decode_levels(self, scaled: Float[Tensor, "batch horizon levels"]) -> Float[Tensor, "batch horizon levels"]:
        """The same for several values of each step."""
        location, scale, _ = (part.unsqueeze(-1) for part in self.base)
        return self.last.unsqueeze(-1) * (scaled * scale + location).clamp(-MOST_CHANGE, MOST_CHANGE).exp()


class ScalingUnits(NamedTuple):
    """The units of the model's scaling."""

    model: "Forecaster"
    context: Tensor

    def encode(self, closes: Float[Tensor, "batch horizon"]) -> Float[Tensor, "batch horizon"]:
        """Closes of the horizon, scaled."""
        return self.model.scaling.encode(closes, self.context[..., 0])

    def decode(self, scaled: Float[Tensor, "batch horizon"]) -> Float[Tensor, "batch horizon"]:
        """Closes of the horizon in their currency, the largest number in the place of an infinite one."""
        decoded = self.model.scaling.decode(scaled.to(self.context.dtype), self.context[..., 0])
        most = torch.finfo(decoded.dtype).max
        return decoded.clamp(-most, most)

    def decode_levels(self, scaled: Float[Tensor, "batch horizon levels"]) -> Float[Tensor, "batch horizon levels"]:
        """The same for several values of each step."""
        return self.decode(scaled.flatten(1)).view(scaled.shape)


Units = RungUnits | ScalingUnits


def units_of(model: "Forecaster", window: Window) -> Units:
    """The units that a model's network has for a batch.

    Raises:
        UserError: if its head stands on a rung, and the batch has no states of it.
    """
    if model.output_head.base is None:
        return ScalingUnits(model, window.context)
    state = require_state(model.output_head, window)
    base = _kept_parameters(model.output_head.base.rung, window) or model.output_head.base.rung.t_parameters(state)
    return RungUnits(window.context[:, -1:, 0], base._replace(scale=base.scale.clamp(min=LEAST_SCALE)))


def states_with_parameters(
    rung: Rung, states: Float64[np.ndarray, "rows states"], horizon: int
) -> Float64[Tensor, "rows columns"]:
    """States of a rung and, of a single step, its distributions behind them: so they are computed once, not by batch.

    Args:
        rung: fitted.
        states: after each bar.
        horizon: of more steps than one, the states are returned as they are.
    """
    rows = torch.from_numpy(states)
    return rows if horizon > 1 else torch.cat([rows, *rung.t_parameters(rows)], dim=1)


def _kept_parameters(rung: Rung, window: Window) -> TParameters | None:
    """The distributions that stand behind the states of a batch; None where there are none."""
    if window.state is None or window.state.shape[1] != rung.states + len(TParameters._fields):
        return None
    return TParameters(*window.state[:, rung.states :].tensor_split(3, dim=1))


def require_state(head: Head, window: Window) -> Tensor:
    """The states of the rung that a head stands on, ``(batch, states)``.

    Raises:
        UserError: if the batch has none.
    """
    assert head.base is not None
    if window.state is None:
        raise UserError(
            f"{head.base.name} follows a series from its first bar on, and a context alone does not tell its state: "
            "forecast windows of a data module, as forecast_rows and predict do."
        )
    return window.state[:, : head.base.rung.states]
