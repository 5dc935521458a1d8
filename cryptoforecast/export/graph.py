"""From prices to forecasts in prices as one network: scaling, network and head."""

from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor, nn
from torch.distributions import Distribution

from cryptoforecast.data.window import Window
from cryptoforecast.errors import UserError
from cryptoforecast.export.har_in_graph import HarInGraph
from cryptoforecast.export.quantiles_in_graph import (
    QuantilesInGraph,
    ascending,
    quantiles_in_graph,
    require_exportable_head,
)
from cryptoforecast.models.contract.answers import inputs
from cryptoforecast.models.contract.learned import is_estimator
from cryptoforecast.models.contract.signatures import has_method
from cryptoforecast.models.contract.units import RungUnits, ScalingUnits, Units
from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.models.heads.bernoulli import RisePrediction
from cryptoforecast.models.heads.head import Point
from cryptoforecast.models.heads.quantiles import Quantiles
from cryptoforecast.models.heads.rung_head import RungHead
from cryptoforecast.models.heads.torch_distribution import prediction_of
from cryptoforecast.models.ladder.har import HarRung
from cryptoforecast.quantiles import LEVELS, MEDIAN

NAMED = ("series", "times", "future")  # inputs beside the prices, of a model whose forward names them


class Outputs(NamedTuple):
    """The forecasts of a batch: the closes and, if the model has them, quantiles and probabilities of a rise."""

    forecast: Float64[Tensor, "batch horizon"]
    quantiles: Float64[Tensor, "batch horizon levels"] | None = None
    rise: Float64[Tensor, "batch horizon"] | None = None


class ForecastGraph(nn.Module):
    """A trained model as a network from prices to prices, in operations that torch.export can follow.

    Args:
        model: trained.

    Raises:
        UserError: if it forecasts with more than a window's prices and a network, saying what.
    """

    def __init__(self, model: Forecaster) -> None:
        super().__init__()
        require_exportable(model)
        self.model, base = model.eval(), model.output_head.base
        self.rung: HarInGraph | None = None
        if base is not None:
            assert isinstance(base.rung, HarRung)
            self.rung = HarInGraph(base.rung, model.columns, model.context_length)
        freedom = None if self.rung is None else self.rung.numbers[:, 1]
        head = model.output_head
        self.quantiles = QuantilesInGraph(head, freedom, model.horizon) if isinstance(head, Quantiles) else None

    def forward(
        self,
        prices: Float64[Tensor, "batch context_length *columns"],
        series: Int64[Tensor, " batch"] | None = None,
        times: Int64[Tensor, "batch context_length"] | None = None,
        future: Float[Tensor, "batch horizon features"] | None = None,
    ) -> Any:
        """The closes as a tensor or, of a model with quantiles or probabilities of a rise, a tuple with these."""
        context = prices.unsqueeze(-1) if prices.dim() == 2 else prices
        given = {"series": series, "times": times, "future": future}
        parts = [part for part in self._outputs(context, given) if part is not None]
        return parts[0].double() if len(parts) == 1 else tuple(part.double() for part in parts)

    def _outputs(self, context: Tensor, given: dict[str, Tensor | None]) -> Outputs:
        model, horizon = self.model, self.model.horizon
        if model._overrides("forecast"):
            return Outputs(model.forecast(context))
        if isinstance(model.output_head, Point) and model._overrides("network_forecast"):
            return Outputs(model.scaling.decode(model.network_forecast(context).to(context.dtype), context[..., 0]))
        units = self._units(context)
        numbers = torch.zeros_like(context[:, 0, 0], dtype=torch.int64)
        unknown = context.new_full((context.shape[0], horizon), torch.nan)
        window = Window(context, unknown, numbers, numbers)
        x = inputs(model, window, units)
        if (future := given["future"]) is not None:
            given = {**given, "future": future.to(model.dtype)}
        named = {name: given.get(name) for name in model.names_in_forward}
        return self._read(model(x, **named), window, units)

    def _units(self, context: Tensor) -> Units:
        if self.rung is None:
            return ScalingUnits(self.model, context)
        return RungUnits(context[:, -1:, 0], self.rung(context))

    def _read(self, output: Any, window: Window, units: Units) -> Outputs:
        """The forecasts that the model's own methods, its head or torch's distribution make of the network's output."""
        model, head = self.model, self.model.output_head
        if has_method(model, "point"):
            point = units.decode(model.point(output))  # type: ignore[operator]
            if not has_method(model, "quantiles"):
                return Outputs(point)
            quantiles = ascending(model.quantiles(output, LEVELS))  # type: ignore[operator]
            return Outputs(point, units.decode_levels(quantiles))
        if isinstance(output, Distribution):
            return _with_median(units.decode_levels(quantiles_in_graph(prediction_of(output), units)))
        if isinstance(head, Point):
            return Outputs(model.scaling.decode(output.to(window.context.dtype), window.context[..., 0]))
        by_step = output.reshape(output.shape[0], model.horizon, head.size)
        by_step = by_step.to(torch.promote_types(by_step.dtype, window.context.dtype))
        if self.quantiles is not None:
            return _with_median(units.decode_levels(self.quantiles(by_step)))
        predicted = head(by_step, units.base.freedom if isinstance(units, RungUnits) else None)
        predicted = head.in_window(predicted, units, window)
        if isinstance(predicted, RisePrediction):
            median = predicted.quantiles((LEVELS[MEDIAN],))[..., 0]
            return Outputs(units.decode(median), rise=predicted.log_odds.double().sigmoid())
        return _with_median(units.decode_levels(quantiles_in_graph(predicted, units)))


def _with_median(quantiles: Float64[Tensor, "batch horizon levels"]) -> Outputs:
    return Outputs(quantiles[..., MEDIAN], quantiles)


def require_exportable(model: Forecaster) -> None:
    """Refuse a model that forecasts with more than the prices of a window and a network.

    Raises:
        UserError: naming it, and saying what it forecasts with.
    """
    name, head = type(model).__name__, model.output_head
    reason = ""
    if is_estimator(type(model)):
        reason = "it is an estimator of another library, and no network of torch."
    elif name in ("Arima", "Chronos"):
        reason = "it forecasts by another library, which would have to be there at use."
    elif isinstance(head, RungHead):
        reason = "it is a rung of the ladder, which follows a series from its first bar on, and no network."
    elif model.across:
        reason = "it sees all series at once; train it with data.across false."
    elif head.base is not None and not isinstance(head.base.rung, HarRung):
        reason = (
            f"its head stands on {head.base.name}, which follows a series from its first bar on, and the prices of a "
            "window do not tell its state; train with model.head.relative_to Har or none."
        )
    if reason:
        raise UserError(f"{name} cannot be exported: {reason}")
    try:
        require_exportable_head(head)
    except UserError as problem:
        raise UserError(f"{name} {problem}") from None
