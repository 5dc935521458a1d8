"""The conformal head: intervals around a point forecast, from its errors on the validation targets."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor, nn

from cryptoforecast.data.windows import Window
from cryptoforecast.errors import UserError
from cryptoforecast.models.heads.head import Head
from cryptoforecast.models.heads.prediction import Prediction
from cryptoforecast.models.heads.sorted_errors import Kind, SortedErrors
from cryptoforecast.models.ladder.ewma import DECAY

if TYPE_CHECKING:
    from cryptoforecast.models.contract.units import Units

Scale = Literal["ewma", "window", "none"]
LEAST_SHARE = 0.01  # of the median scale of the validation windows: a window that stands still has no smaller one


class Conformal(Head):
    """Intervals around the point forecast of any network, from the network's own errors on the validation targets.

    The network is trained as with :class:`Point`, to the same weights. An error is the log of the actual close over the
    forecast one, divided by the scale of its window. At the end of each validation epoch, the sorted errors of each
    step become the quantiles; a checkpoint holds those of the epoch that it was written after.

    With ``n`` errors, ``k`` of which a quantile is at least as large as, a further error that is exchangeable with them
    lies below it with a probability of ``k / (n + 1)``, whatever their distribution. ``k`` is the least that reaches
    the level. A level above ``n / (n + 1)`` or below ``1 / (n + 1)`` is refused: no error is large enough for it.
    Errors of several steps overlap, and volatility changes, so that errors of a market are exchangeable at best when
    they are divided by a scale that follows it.

    Args:
        scale: what errors are divided by, so that they are the same in quiet and in wild times: ``ewma``, the
            exponentially weighted deviation of the context's log changes (decay 0.94); ``window``, their plain one;
            ``none``, nothing. With a scale, the errors of all series are taken together; without, each series has its
            own, by its place in ``data.source``.
        residuals: ``absolute`` takes errors of both signs together: the intervals are symmetric around the forecast (in
            logs), which is their median, and 49 errors are enough for the level 0.99. ``signed`` takes each level from
            errors with their signs, for which it takes 99.

    References:
        Vovk, Gammerman and Shafer (2005), Algorithmic Learning in a Random World, Springer.
        Lei, G'Sell, Rinaldo, Tibshirani and Wasserman (2018), Distribution-Free Predictive Inference for Regression,
        JASA 113(523), 1094-1111.

    >>> import torch
    >>> head = Conformal(scale="none")
    >>> head.take_errors([torch.linspace(-0.5, 0.5, 199, dtype=torch.float64).unsqueeze(0)])
    >>> head.offsets((0.05, 0.5, 0.95)).tolist()  # of the log, for each series and step
    [[[-0.45..., 0.0, 0.45...]]]
    """

    size = 1

    def __init__(self, scale: Scale = "ewma", residuals: Kind = "absolute") -> None:
        super().__init__()
        for name, value, known in (("scale", scale, get_args(Scale)), ("residuals", residuals, get_args(Kind))):
            if value not in known:
                raise UserError(f"model.head.{name} is {value!r}; it is one of {', '.join(known)}.")
        self.scale, self.residuals = scale, residuals
        self.least_scale = 0.0
        self.in_fit = False  # until the first validation epoch has ended, there are no quantiles
        self.collected: list[Tensor] = []  # of the validation epoch under way, by batch
        self.errors: list[SortedErrors] = []  # of each series, or of all together

    def forward(
        self, numbers: Float[Tensor, "batch horizon size"], freedom: Float[Tensor, "batch horizon"] | None = None
    ) -> "ConformalPrediction":
        """The point forecasts, with the errors around them."""
        return ConformalPrediction(numbers.squeeze(-1), self)

    def in_window(self, predicted: Any, units: "Units", window: Window) -> "ConformalPrediction":
        """The prediction with the scale of each window, and with what turns its points into prices."""
        assert isinstance(predicted, ConformalPrediction)
        predicted.units, predicted.series = units, window.series
        predicted.scale = self.scales(window.context).clamp_min(self.least_scale)
        return predicted

    def scales(self, context: Float[Tensor, "batch context_length channels"]) -> Float64[Tensor, "batch 1"]:
        """The scale of each window, from its context alone."""
        if self.scale == "none":
            return torch.ones_like(context[:, :1, 0], dtype=torch.float64)
        if context.shape[1] < 2:
            raise UserError(f"model.head.scale {self.scale} takes changes, and data.context_length is 1; make it 2.")
        squares = context[..., 0].double().log().diff(dim=1).square()
        weights = torch.ones_like(squares[0])
        if self.scale == "ewma":
            weights = DECAY ** torch.arange(squares.shape[1] - 1, -1, -1, dtype=torch.float64, device=squares.device)
        return ((squares * weights).sum(dim=1, keepdim=True) / weights.sum()).sqrt()

    def take_errors(self, errors: Sequence[Float64[Tensor, "horizon errors"]]) -> None:
        """Take up errors, by group; the quantiles are theirs from now on.

        Raises:
            UserError: if they are too few for the lowest or the highest of the 21 levels.
        """
        self.errors = [SortedErrors.of_errors(group, self.residuals) for group in errors]

    def offsets(self, levels: Sequence[float]) -> Float64[Tensor, "groups horizon levels"]:
        """The quantiles of the errors, in units of the scale."""
        return torch.stack([torch.stack([group.at(level) for level in levels], dim=-1) for group in self.errors])

    def group_of(self, series: Int64[Tensor, " batch"]) -> Int64[Tensor, " batch"]:
        """The group of errors of each window.

        Raises:
            UserError: if there are errors by series, and a window is of a further one.
        """
        if self.scale != "none":
            return torch.zeros_like(series)
        if int(series.max()) >= len(self.errors):
            raise UserError(
                f"Conformal without a scale has errors of {len(self.errors)} series by their place, and is asked "
                f"about series {int(series.max()) + 1}; fit with as many, or with model.head.scale ewma."
            )
        return series

    def get_extra_state(self) -> dict[str, Any]:
        """The sorted errors and the least scale, for the checkpoint."""
        return {"errors": [group.values for group in self.errors], "least_scale": self.least_scale}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Restore the errors from a checkpoint."""
        self.errors = [SortedErrors(values, self.residuals) for values in state["errors"]]
        self.least_scale = float(state["least_scale"])


class ConformalPrediction(Prediction):
    """Point forecasts, ``(batch, horizon)``, in the units of the network, and quantiles around them.

    Attributes:
        point: what the network said, with its gradients.
        units: between the network and prices.
        scale: of each window.
        series: the number of each window's series.
    """

    point: Tensor
    units: "Units"
    scale: Float64[Tensor, "batch 1"]
    series: Int64[Tensor, " batch"]

    def __init__(self, point: Tensor, head: Conformal) -> None:
        self.point, self.head = point, head

    def loss(self, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, ""]:
        """The mean squared error of the points."""
        return nn.functional.mse_loss(self.point, target)

    def losses(self, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, "batch horizon"]:
        """The squared error of each point."""
        return (self.point - target).square()

    def quantiles(self, levels: Sequence[float]) -> Float[Tensor, "batch horizon levels"]:
        """The point forecasts moved by the quantiles of the errors; the points themselves where those are zero.

        Raises:
            UserError: if there are no errors yet, outside a fit.
        """
        points = self.point.detach().double()
        if not self.head.errors:
            if not self.head.in_fit:
                raise UserError("Conformal has no validation errors to make intervals of; fit the model first.")
            return torch.stack([points if level == 0.5 else points * torch.nan for level in levels], dim=-1)
        groups = self.head.group_of(self.series)
        offsets = self.head.offsets(levels).to(points.device)[groups]
        prices = self._prices()
        moved = [
            torch.where(offset == 0, points, self.units.encode(prices * (self.scale * offset).exp()))
            for offset in offsets.unbind(-1)
        ]
        return torch.stack(moved, dim=-1)

    def cdf(self, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, "batch horizon"]:
        """The share of smaller errors; NaN where there are none yet."""
        if not self.head.errors:
            return torch.full_like(target, torch.nan)
        errors = ((self.units.decode(target.double()) / self._prices()).log() / self.scale).cpu().numpy()
        groups = self.head.group_of(self.series).cpu().numpy()
        shares = np.empty_like(errors)
        for group in np.unique(groups):
            members = groups == group
            shares[members] = self.head.errors[int(group)].probabilities(errors[members])
        return torch.as_tensor(shares, device=target.device)

    def _prices(self) -> Float64[Tensor, "batch horizon"]:
        """The point forecasts as prices.

        Raises:
            UserError: if one is not above zero, where logs end.
        """
        prices = self.units.decode(self.point.detach().double())
        require_positive(prices)
        return prices


def require_positive(forecast: Float64[Tensor, "batch horizon"]) -> None:
    """Refuse point forecasts that are not above zero.

    Raises:
        UserError: naming the lowest.
    """
    if not (forecast > 0).all():
        raise UserError(
            f"Conformal takes point forecasts above zero, as errors are those of logs, and one is {forecast.min():g}; "
            "RelativeLog, the default of model.scaling, makes no other."
        )
