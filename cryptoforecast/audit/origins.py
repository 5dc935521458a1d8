"""Checks that a forecast depends on its own window and on nothing else."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from cryptoforecast.audit.altered import CachedSource, with_sources
from cryptoforecast.audit.garbage import factors
from cryptoforecast.audit.lookahead import LookAhead, same
from cryptoforecast.data.batches import BatchOrder
from cryptoforecast.data.datamodule import EVAL_BATCH_SIZE, CloseDataModule
from cryptoforecast.data.series import CloseSeries
from cryptoforecast.data.sources.source import Source
from cryptoforecast.data.times import say_time
from cryptoforecast.data.windows import Window, WindowDataset
from cryptoforecast.evaluation.next_closes import next_closes
from cryptoforecast.models.contract.answers import says_distribution
from cryptoforecast.models.contract.distribution import forecast_with_distribution
from cryptoforecast.models.contract.units import RungUnits, Units, units_of
from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.quantiles import COLUMNS

ORIGINS = 20  # whose future is perturbed
TOGETHER = 64  # windows forecast in batches of other sizes and in another order
OTHER_SIZES = (1, 7)  # of the batches
ROUNDING = 1e-5  # of a network number: how far kernels for other batch sizes may round differently


def forecasts(
    model: Forecaster, windows: WindowDataset, positions: Int64[Tensor, " windows"], batch_size: int = EVAL_BATCH_SIZE
) -> Float[Tensor, "windows numbers"]:
    """The forecasts of some windows, in their order; of a model with a distribution followed by its quantiles.

    Raises:
        LookAhead: if the model cannot forecast so many windows at once.
    """
    answers = []
    for batch in BatchOrder(positions, batch_size):
        try:
            with torch.inference_mode():
                answers.append(_numbers(model, windows[batch]))
        except RuntimeError as problem:
            name, reason = type(model).__name__, str(problem).strip().splitlines()[0].rstrip(".")
            raise LookAhead("forecast", f"{name} cannot forecast {len(batch)} windows at once: {reason}") from None
    return torch.cat(answers)


def _numbers(model: Forecaster, window: Window) -> Float[Tensor, "batch numbers"]:
    """The point forecast of each step, and of a distribution each quantile of each step."""
    forecast = forecast_with_distribution(model, window)
    if forecast.distribution is None:
        return forecast.point
    return torch.cat([forecast.point, forecast.distribution.quantiles.transpose(1, 2).flatten(1)], dim=1)


def densities(
    model: Forecaster, windows: WindowDataset, positions: Int64[Tensor, " windows"]
) -> Float64[Tensor, "windows numbers"]:
    """The PIT and the log density of each target of some windows; none of a model without a distribution."""
    answers = []
    for batch in BatchOrder(positions, EVAL_BATCH_SIZE) if says_distribution(model) is not False else ():
        with torch.inference_mode():
            distribution = forecast_with_distribution(model, windows[batch]).distribution
        if distribution is None:
            break
        answers.append(torch.cat([distribution.pit, distribution.log_density], dim=1))
    return torch.cat(answers) if answers else torch.empty(len(positions), 0, dtype=torch.float64)


def sample(positions: Int64[Tensor, " windows"], count: int) -> Int64[Tensor, " sampled"]:
    """At most so many of them, evenly spread, the first and the last among them."""
    if not len(positions):
        return positions
    chosen = np.unique(np.linspace(0, len(positions) - 1, min(count, len(positions))).astype(int))
    return positions[torch.from_numpy(chosen)]


def require_no_memory(model: Forecaster, windows: WindowDataset, positions: Int64[Tensor, " windows"]) -> str:
    """See that neither batch size nor order nor what was forecast before changes a forecast.

    Raises:
        LookAhead: naming the window.
    """
    chosen = sample(positions, TOGETHER)
    require_same_again(model, windows, chosen, positions[: len(chosen)])
    require_same_in_batches(model, windows, chosen)
    require_same_backwards(model, windows, chosen)
    return f"{len(chosen)} twice, and up to rounding in batches of 1 and 7 and backwards"


def require_same_again(
    model: Forecaster,
    windows: WindowDataset,
    positions: Int64[Tensor, " windows"],
    between: Int64[Tensor, " others"],
) -> None:
    """See that a model gives the same bits for a batch once it has forecast another one.

    Raises:
        LookAhead: naming the window.
    """
    first = forecasts(model, windows, positions)
    forecasts(model, windows, between)
    repeated = forecasts(model, windows, positions)
    if not same(first, repeated):
        at = int((first != repeated).any(dim=1).int().argmax())
        raise LookAhead(
            "forecast",
            f"{type(model).__name__} forecasts {_said(first, repeated, at)} from {_origin(windows, positions[at])}, "
            "asked again; a forecast must depend on its own window only",
        )


def require_same_in_batches(model: Forecaster, windows: WindowDataset, positions: Int64[Tensor, " windows"]) -> None:
    """See that a model gives the same forecasts, up to rounding, in batches of other sizes.

    Raises:
        LookAhead: naming the window.
    """
    together = forecasts(model, windows, positions)
    for size in OTHER_SIZES:
        _require_near(model, windows, positions, together, forecasts(model, windows, positions, size),
                      f"in batches of {size}")  # fmt: skip


def require_same_backwards(model: Forecaster, windows: WindowDataset, positions: Int64[Tensor, " windows"]) -> None:
    """See that a model gives the same forecasts, up to rounding, in another order.

    Raises:
        LookAhead: naming the window.
    """
    together = forecasts(model, windows, positions)
    backwards = forecasts(model, windows, positions.flip(0)).flip(0)
    _require_near(model, windows, positions, together, backwards, "in another order")


def _require_near(
    model: Forecaster, windows: WindowDataset, positions: Tensor, together: Tensor, regrouped: Tensor, how: str
) -> None:
    """Compare forecasts that were made in other batches.

    Kernels round differently there in the last bits of a float32; more than a hundred-thousandth of a network number,
    or of its size where it is above 1, is no rounding.

    Raises:
        LookAhead: naming the first window whose forecasts differ by more.
    """
    units = units_of(model, windows[positions])
    scaled, encoded = (_encoded(units, numbers, model.horizon) for numbers in (together, regrouped))
    far = (encoded - scaled).abs() > ROUNDING * (1 + scaled.abs())
    if far.any():
        at = int(far.any(dim=1).int().argmax())
        raise LookAhead(
            "forecast",
            f"{type(model).__name__} forecasts {_said(together, regrouped, at)} {how} from "
            f"{_origin(windows, positions[at])}; a forecast must depend on its own window only",
        )


def require_blind(model: Forecaster, data: CloseDataModule, positions: Int64[Tensor, " windows"]) -> str:
    """See that no bar behind an origin changes the forecast from it, nor any bar before its context.

    Raises:
        LookAhead: naming origin and bar.
    """
    windows, name, count = data.windows, type(model).__name__, 0
    chosen = sample(positions, ORIGINS)
    for position in chosen:
        alone = position.unsqueeze(0)
        before = forecasts(model, windows, alone)
        for bar in _perturbed(windows, int(position)):
            count += 1
            if not same(before, forecasts(model, windows, alone)):
                changes = f"the forecast of {name} from {_origin(windows, position)} changes with {bar}"
                raise LookAhead("forecast", changes)
        cut = _without_the_rest(model, data, int(position))
        if not same(before.double()[:, : cut.shape[1]], cut):
            rest = f"{name} forecasts something else from {_origin(windows, position)} where the series holds no more"
            raise LookAhead("forecast", f"{rest} than the {_seen(model, windows)}")
    bars = "their own bars" if model.output_head.base is None else "the bars up to the origin"
    return f"{len(chosen)} with {count:,} changes to bars behind the origin, and from a series cut to {bars}"


def _seen(model: Forecaster, windows: WindowDataset) -> str:
    return f"{windows.context_length} bars it sees" if model.output_head.base is None else "bars up to there"


def _encoded(units: Units, numbers: Tensor, horizon: int) -> Tensor:
    """Prices, for each of several numbers one for each step, in the units of the network."""
    prices = numbers.double() if isinstance(units, RungUnits) else numbers.to(units.context.dtype)
    return torch.cat([units.encode(part) for part in torch.split(prices, horizon, dim=1)], dim=1)


def _perturbed(windows: WindowDataset, position: int) -> Iterator[str]:
    """Turn bars behind an origin into garbage, all at once and then one number at a time, and say which."""
    origin = int(windows.starts[position]) + windows.context_length - 1
    later = (windows.times > windows.times[origin]).nonzero().squeeze(1)
    kept = windows.prices.clone()
    try:
        windows.prices[later] *= torch.from_numpy(factors(len(later))).unsqueeze(1)
        yield "the bars behind it"
        for row in range(origin + 1, min(origin + windows.horizon + 6, len(kept))):
            for channel in range(kept.shape[1]):
                windows.prices.copy_(kept)
                windows.prices[row, channel] *= 3
                yield f"the bar of {say_time(_time(int(windows.times[row])))}"
    finally:
        windows.prices.copy_(kept)


def _without_the_rest(model: Forecaster, data: CloseDataModule, position: int) -> Tensor:
    """The forecast of one window as ``predict`` makes it, from a series that ends with it.

    The series begins with the window too, except for a model on a rung of the ladder, which follows it from its start.
    """
    number = int(data.windows.series_of(torch.tensor([position])))
    series = data.series[number]
    at = series.closes.index.get_loc(_time(int(data.windows[position].origin)))
    kept = slice(at - data.context_length + 1 if model.output_head.base is None else 0, at + 1)
    sources = data.source if isinstance(data.source, list) else [data.source]
    seen = range(len(sources)) if data.across else [number]
    cut = with_sources(data, [_cut(sources[at], data.series[at], kept) for at in seen], start=None, end=None)
    cut.setup("predict")
    rows = next_closes(model, cut)
    rows = rows[rows["series"] == series.closes.name]
    numbers = rows[["forecast", *(name for name in COLUMNS if name in rows)]].to_numpy("float64").T.copy()
    return torch.from_numpy(numbers).flatten().unsqueeze(0)


def _cut(source: Source, series: CloseSeries, kept: slice) -> CachedSource:
    """A source that has some of the bars of its series."""
    columns = None if series.others is None else series.others.iloc[kept]
    return CachedSource(source, series._replace(closes=series.closes.iloc[kept], others=columns))


def _said(first: Tensor, second: Tensor, at: int) -> str:
    step = int((first[at] != second[at]).int().argmax())
    return f"{first[at, step].item():.10g} and then {second[at, step].item():.10g}"


def _origin(windows: WindowDataset, position: Tensor) -> str:
    return say_time(_time(int(windows[int(position)].origin)))


def _time(nanoseconds: int) -> pd.Timestamp:
    return pd.Timestamp(nanoseconds, tz="UTC")
