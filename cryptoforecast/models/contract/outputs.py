"""What a variant's own ``forward`` returns where it is neither numbers for a head nor a distribution of torch."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Float
from torch import Tensor

from cryptoforecast.errors import UserError
from cryptoforecast.models.contract.calls import require_forecast
from cryptoforecast.models.contract.signatures import has_method
from cryptoforecast.models.heads.prediction import Prediction, to_array, to_tensor
from cryptoforecast.quantiles import LEVELS, probability_of

if TYPE_CHECKING:
    from cryptoforecast.models.forecaster import Forecaster


class OutputPrediction(Prediction):
    """What ``forward`` returned, read by the model's own methods ``point``, ``loss`` and ``quantiles``.

    Args:
        model: has a method ``point``.
        output: what its ``forward`` returned.
        x: what its ``forward`` was given.
    """

    def __init__(self, model: "Forecaster", output: Any, x: Tensor) -> None:
        self.model, self.output, self.x = model, output, x
        self.has_distribution = has_method(model, "quantiles")

    def own_point(self) -> Float[Tensor, "batch horizon"]:
        """What the model's ``point`` makes of the output.

        Raises:
            UserError: if it has another shape than ``(batch, horizon)``.
        """
        point = self.model.point(self.output)  # type: ignore[operator]
        return require_forecast(self.model, "point", point, self.x, self.model.horizon)

    def loss(self, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, ""]:
        """Nothing: this is called for a model that has no ``loss`` of its own, which is refused.

        Raises:
            UserError: always, saying what to write.
        """
        name = type(self.model).__name__
        raise UserError(
            f"{name} has a method point, which reads what forward returned, and no loss that does: write "
            f"`def loss(self, output, target)`, in which output is the {_kind(self.output)} that forward returned."
        )

    def losses(self, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, "batch horizon"]:
        """Nothing, for the same reason; raises the same error."""
        return self.loss(target)

    def quantiles(self, levels: Sequence[float]) -> Float[Tensor, "batch horizon levels"]:
        """What the model's ``quantiles`` makes of the output, sorted by level.

        Where quantiles cross, sorting brings them nearer to the true ones (Chernozhukov, Fernández-Val and Galichon,
        2010, Quantile and Probability Curves Without Crossing, Econometrica 78(3), 1093-1125).

        Raises:
            UserError: if they have another shape than ``(batch, horizon, levels)``.
        """
        with torch.no_grad():
            quantiles = self.model.quantiles(self.output, tuple(levels))  # type: ignore[operator]
        wanted, name = (len(self.x), self.model.horizon, len(levels)), type(self.model).__name__
        if not isinstance(quantiles, Tensor) or quantiles.shape != wanted:
            shape = tuple(quantiles.shape) if isinstance(quantiles, Tensor) else type(quantiles).__name__
            raise UserError(f"{name}.quantiles gave {shape}, not (batch, horizon, levels), which is {wanted}.")
        return quantiles.detach().sort(dim=-1).values

    def cdf(self, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, "batch horizon"]:
        """The probability of a smaller target: between two quantiles, by interpolation."""
        quantiles = to_array(self.quantiles(LEVELS))
        probability = probability_of(quantiles.reshape(-1, len(LEVELS)), to_array(target).reshape(-1))
        return to_tensor(probability.reshape(target.shape), target)


def _kind(output: Any) -> str:
    return f"tensor {tuple(output.shape)}" if isinstance(output, Tensor) else type(output).__name__
