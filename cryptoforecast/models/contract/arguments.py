"""What ``forward`` is given beside the bars, because it names it: series, times, future and target."""

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.future import known_after
from cryptoforecast.data.series import CloseSeries
from cryptoforecast.data.times import in_nanoseconds
from cryptoforecast.data.windows import Window, WindowDataset
from cryptoforecast.errors import UserError
from cryptoforecast.formatting import nearest_of

if TYPE_CHECKING:
    from cryptoforecast.models.forecaster import Forecaster

GIVEN = ("series", "times", "future", "target")
FIELDS = {"series": "identity", "times": "times", "future": "future"}  # of a window, by the name in ``forward``


def names_in_forward(model: "Forecaster") -> tuple[str, ...]:
    """Those of series, times, future and target that a model's ``forward`` names beside the bars.

    Raises:
        UserError: if it has another argument without a default value, unless the model's own ``forecast`` calls it.
    """
    parameters = _parameters(model)
    if parameters and parameters[0].name in GIVEN:
        raise UserError(
            f"{type(model).__name__}.forward has {parameters[0].name} as its first argument, which is always x, the "
            f"scaled bars; write `def forward(self, x, {parameters[0].name})`."
        )
    further = parameters[1:]
    calls_it_itself = model._overrides("forecast") or model._overrides("network_forecast")
    for parameter in further:
        if parameter.name not in GIVEN and parameter.default is parameter.empty and not calls_it_itself:
            raise UserError(
                f"{type(model).__name__}.forward asks for {parameter.name}{nearest_of(parameter.name, GIVEN)}: it is "
                f"given x and, if it names them, {', '.join(GIVEN[:-1])} and {GIVEN[-1]}; give all else a default."
            )
    return tuple(parameter.name for parameter in further if parameter.name in GIVEN)


def _parameters(model: "Forecaster") -> list[inspect.Parameter]:
    """The parameters of a model's ``forward`` that have a name."""
    try:
        parameters = inspect.signature(model.forward).parameters.values()
    except (TypeError, ValueError):  # a built-in without a signature
        return []
    variable = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD
    return [parameter for parameter in parameters if parameter.kind not in variable]


def arguments_of(model: "Forecaster", window: Window, target: Tensor | None = None) -> dict[str, Tensor | None]:
    """What a model's ``forward`` is given for a batch beside the bars.

    Args:
        model: the model.
        window: the batch.
        target: the scaled targets, in a training step alone.

    Raises:
        UserError: if the batch lacks something that ``forward`` cannot do without.
    """
    given: dict[str, Tensor | None] = {}
    for name in model.names_in_forward:
        value = target if name == "target" else getattr(window, FIELDS[name])
        if value is None and name != "target":
            _require_optional(model, name)
            continue
        given[name] = value.to(model.dtype) if name == "future" and value is not None else value
    return given


def _require_optional(model: "Forecaster", name: str) -> None:
    """Refuse to leave out an argument that has no default value."""
    if any(parameter.name == name and parameter.default is parameter.empty for parameter in _parameters(model)):
        raise UserError(
            f"{type(model).__name__}.forward names {name}, which bars do not hold: forecast windows of a data "
            "module, as forecast_rows and predict do."
        )


def require_arguments(model: "Forecaster", data: CloseDataModule, stage: str) -> None:
    """Check that data have what a model's ``forward`` names.

    Args:
        model: the model.
        data: set up.
        stage: ``fit``, ``validate``, ``test`` or ``predict``.

    Raises:
        UserError: naming the setting that is missing.
    """
    name, symbols = type(model).__name__, [str(series.closes.name) for series in data.series]
    if "future" in model.names_in_forward:
        if not data.future:
            raise UserError(
                f"{name}.forward names future, and data.future is empty; set it, such as [hour_of_day, day_of_week]."
            )
        if model.future != data.future:
            raise UserError(
                f"{name} has future [{', '.join(model.future)}], and data.future is [{', '.join(data.future)}]; from "
                f"Python say {name}(future={list(data.future)!r})."
            )
    if model.known_series is not None and stage == "fit":
        model.known_series.learn(symbols)
        if len(model.known_series.symbols) > model.series_count:
            raise UserError(
                f"{name} has series_count {model.series_count}, and is trained on "
                f"{', '.join(model.known_series.symbols)}; from Python say {name}(series_count={len(symbols)})."
            )


def windows_for(model: "Forecaster", data: CloseDataModule, windows: WindowDataset) -> WindowDataset:
    """Windows with the optional fields that a model's ``forward`` names, and no others.

    Args:
        model: the model.
        data: set up.
        windows: of the data.
    """
    names, known = model.names_in_forward, model.known_series
    return windows.with_arguments(
        times="times" in names,
        future=data.known_beforehand() if "future" in names else None,
        numbers_of=None if known is None else known.numbers,
    )


def last_windows_for(model: "Forecaster", series: Sequence[CloseSeries], windows: Window) -> Window:
    """The windows that end with the last bars of some series, with what a model's ``forward`` names.

    Args:
        model: the model.
        series: one for each window.
        windows: a batch.
    """
    names, length = model.names_in_forward, windows.context.shape[1]
    if "times" in names:
        stamps = [in_nanoseconds(item.closes.index[-length:]).asi8.copy() for item in series]
        windows = windows._replace(times=torch.stack([torch.from_numpy(part) for part in stamps]))
    if "future" in names:
        windows = windows._replace(
            future=torch.stack([known_after(item, model.future, model.horizon) for item in series])
        )
    if model.known_series is not None:
        windows = windows._replace(identity=model.known_series.numbers([str(item.closes.name) for item in series]))
    return windows
