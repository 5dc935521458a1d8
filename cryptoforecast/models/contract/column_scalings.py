"""The channels of a network's input: each column of the bars, scaled as its source or the user says."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from cryptoforecast.data.column_scalings import OF_PRICES, require_scalings, usual_scaling
from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.series import FURTHER_COLUMNS
from cryptoforecast.data.times import say_time
from cryptoforecast.errors import UserError
from cryptoforecast.formatting import nearest_of
from cryptoforecast.models.scaling import Scaling, standardise_by_window

if TYPE_CHECKING:
    from cryptoforecast.models.forecaster import Forecaster

Encode = Callable[[Float[Tensor, "batch length"], Float[Tensor, "batch length"]], Float[Tensor, "batch length"]]


def channels_and_outputs(model: "Forecaster") -> tuple[int, int]:
    """The counts of channels that ``forward`` is given and of numbers that it returns for a window.

    They are ``horizon`` times the numbers that the head needs, and those of all series where ``across`` is set.
    """
    at_once = model.series_count if model.across else 1
    return at_once * len(model.columns), at_once * model.horizon * model.output_head.size


def keep_scalings(model: "Forecaster", scalings: Mapping[str, Any]) -> dict[str, Any]:
    """The scalings of a model's further columns, checked; what they learn becomes a part of its state.

    Args:
        model: its columns are known.
        scalings: by name of the column.

    Raises:
        UserError: if a column is not one of the model's, or a scaling does not exist.
    """
    further = model.columns[1:]
    if absent := [name for name in scalings if name not in further]:
        among = nearest_of(absent[0], further)
        raise UserError(f"model.scalings names {absent[0]}, which is no further column of data.columns{among}.")
    modules = {name: scaling for name, scaling in scalings.items() if isinstance(scaling, Scaling)}
    require_scalings("model.scalings", {name: word for name, word in scalings.items() if name not in modules})
    if modules:  # by number of the channel, as a name may hold what a key must not
        model.column_scalings = nn.ModuleDict({str(model.columns.index(name)): modules[name] for name in modules})
    return dict(scalings)


def network_channels(
    model: "Forecaster", context: Float[Tensor, "batch context_length channels"], encode: Encode
) -> Float[Tensor, "batch context_length channels"]:
    """The columns of some bars in the units of the network.

    Args:
        model: its ``scalings`` say how each further column is scaled.
        context: the bars.
        encode: scales prices, given the prices of the context that they are relative to.
    """
    target = context[..., 0]
    channels = [encode(target, target)]
    for number, name in enumerate(model.columns[1:], start=1):
        values = context[..., number]
        scaling = model.scalings.get(name) or usual_scaling(name, model.columns[0])
        if isinstance(scaling, Scaling):
            channels.append(scaling.encode(values, values))
        elif scaling in OF_PRICES:
            channels.append(encode(values, target if scaling == "price" else values))
        else:
            channels.append(standardise_by_window(values) if scaling == "by_window" else values)
    channels = [channel.to(model.dtype) for channel in channels]
    return torch.stack(channels, dim=-1) if len(channels) > 1 else channels[0].unsqueeze(-1)


def settle_scalings(model: "Forecaster", data: CloseDataModule) -> None:
    """Give a model the scalings that its sources declare, where it has none; fit nothing.

    Args:
        model: if it is from a checkpoint, it keeps the scalings that it was trained with.
        data: set up.

    Raises:
        UserError: if sources declare different ones for a column, or a column whose logarithm is taken is not positive.
    """
    for name in model.columns[1:]:
        declared = {str(series.scalings.get(name) or usual_scaling(name, series.target)) for series in data.series}
        if name not in model.scalings and len(declared) > 1:
            raise UserError(
                f"the sources scale {name} in different ways, {' and '.join(sorted(declared))}; set model.scalings to "
                f"{{{name}: {min(declared)}}} or another."
            )
        if name not in model.scalings and (name not in FURTHER_COLUMNS or declared != {usual_scaling(name)}):
            model.scalings[name] = min(declared)
        if model.scalings.get(name) in OF_PRICES:
            _require_positive(name, str(model.scalings[name]), data)


def fit_column_scalings(model: "Forecaster", data: CloseDataModule) -> None:
    """Fit the Scalings of further columns on the training values of their columns.

    Args:
        model: its scalings are settled.
        data: set up for ``fit``.
    """
    for name, scaling in model.scalings.items():
        if isinstance(scaling, Scaling):
            scaling.fit(data.train_values(name))


def _require_positive(name: str, scaling: str, data: CloseDataModule) -> None:
    for series in data.series:
        values = series.closes if series.others is None or name == series.target else series.others[name]
        if not (values > 0).all():
            at = int(np.argmin(values.to_numpy() > 0))
            raise UserError(
                f"{series.closes.name}: {name} is {values.iloc[at]:g} at {say_time(values.index[at])}, and scaled as "
                f"{scaling} it must be positive; set model.scalings to {{{name}: by_window}} or as_is."
            )
