"""The Bernoulli head: the probability that the close rises."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from cryptoforecast.data.bars import Bars
from cryptoforecast.data.windows import Window
from cryptoforecast.errors import UserError
from cryptoforecast.models.heads.head import Head
from cryptoforecast.models.heads.prediction import Prediction
from cryptoforecast.models.ladder.changes import changes_ahead, trained_ahead

if TYPE_CHECKING:
    from cryptoforecast.models.contract.units import Units

Loss = Literal["brier", "log"]


class Bernoulli(Head):
    """The probability that the close of each step is above the last close, and no distribution of the close.

    Forecast rows have it as the column ``rise``. A point forecast takes an amount as well, which the head does not
    learn: it is the last close moved by ``2 · rise - 1`` times the mean absolute log change of as many steps in the
    training bars. A probability of one half is the random walk's forecast.

    Args:
        loss: what training minimises: ``brier``, the squared error of the probability; ``log``, the log loss. The true
            probability minimises both; the log loss punishes certainty harder.

    References:
        Brier (1950), Verification of Forecasts Expressed in Terms of Probability, Monthly Weather Review 78(1), 1-3.

    >>> import torch
    >>> Bernoulli()(torch.tensor([[[0.0], [2.0]]])).probability.tolist()
    [[0.5, 0.880797...]]
    """

    size = 1
    has_distribution = False

    def __init__(self, loss: Loss = "brier") -> None:
        super().__init__()
        if loss not in get_args(Loss):
            raise UserError(f"model.head.loss is {loss!r}; it is one of {', '.join(get_args(Loss))}.")
        self.loss = loss
        self.amounts: list[float] = []  # mean absolute log change, by step

    def forward(
        self, numbers: Float[Tensor, "batch horizon size"], freedom: Float[Tensor, "batch horizon"] | None = None
    ) -> "RisePrediction":
        """The probabilities whose log odds the numbers are."""
        return RisePrediction(numbers.squeeze(-1), self)

    def in_window(self, predicted: Prediction, units: "Units", window: Window) -> "RisePrediction":
        """The prediction with the last close of each window."""
        assert isinstance(predicted, RisePrediction)
        predicted.units, predicted.last = units, window.context[:, -1:, 0]
        return predicted

    def fit(self, bars: Sequence[Bars], horizon: int) -> None:
        """Take the mean absolute log change of the training bars, by step, over all series."""
        self.amounts = []
        for steps in range(1, horizon + 1):
            changes = np.concatenate([changes_ahead(series, steps)[trained_ahead(series, steps)] for series in bars])
            self.amounts.append(float(np.abs(changes[np.isfinite(changes)]).mean()))

    def get_extra_state(self) -> dict[str, Any]:
        """The mean absolute changes, for the checkpoint."""
        return {"amounts": self.amounts}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Restore them from a checkpoint."""
        self.amounts = list(state["amounts"])


class RisePrediction(Prediction):
    """Probabilities of a rise, ``(batch, horizon)``, with the point forecasts that follow from them.

    Attributes:
        log_odds: of a rise, as the network said them.
        units: between the network and prices.
        last: the last close of each context, in prices.
    """

    units: "Units"
    last: Tensor
    has_distribution = False

    def __init__(self, log_odds: Tensor, head: Bernoulli) -> None:
        self.log_odds, self.head = log_odds, head

    @property
    def probability(self) -> Float[Tensor, "batch horizon"]:
        """The probabilities of a rise."""
        return self.log_odds.sigmoid()

    def loss(self, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, ""]:
        """The mean Brier score, or the mean log loss."""
        return self._losses(target, "mean")

    def losses(self, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, "batch horizon"]:
        """The Brier score or the log loss of each window and step."""
        return self._losses(target, "none")

    def _losses(self, target: Tensor, reduction: str) -> Tensor:
        rises = (target > self.units.encode(self.last).to(target.dtype)).to(target.dtype)
        if self.head.loss == "brier":
            return nn.functional.mse_loss(self.probability, rises, reduction=reduction)
        return nn.functional.binary_cross_entropy_with_logits(self.log_odds, rises, reduction=reduction)

    def quantiles(self, levels: Sequence[float]) -> Float[Tensor, "batch horizon levels"]:
        """The point forecast at the level of one half, and NaN at all others: there is no distribution of the close.

        Raises:
            UserError: if the head was never fitted.
        """
        if not self.head.amounts:
            raise UserError("Bernoulli has no training changes to move the last close by; fit the model first.")
        amounts = self.last.new_tensor(self.head.amounts)
        moved = self.last * ((2 * self.log_odds.detach().to(self.last.dtype).sigmoid() - 1) * amounts).exp()
        points = self.units.encode(moved)
        return torch.stack([points if level == 0.5 else torch.full_like(points, torch.nan) for level in levels], dim=-1)

    def cdf(self, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, "batch horizon"]:
        """NaN: there is no distribution of the close."""
        return torch.full_like(target, torch.nan)
