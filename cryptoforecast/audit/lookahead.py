"""What the audit says, and how two things are compared to the last bit."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from cryptoforecast.data.series import CLOSE, CloseSeries
from cryptoforecast.data.times import in_nanoseconds, say_time
from cryptoforecast.errors import UserError

STAGES = ("source", "series", "windows", "scaling", "training", "forecast")


class StageResult(NamedTuple):
    """A stage that was compared and found equal, what was compared of it, and what could not be."""

    stage: str
    compared: str
    unchecked: str = ""


class LookAhead(UserError):
    """The future has got into something before it; ``stage`` is the first stage where it shows.

    >>> LookAhead("scaling", "lowest is 17.3 or 9.1").stage
    'scaling'
    """

    def __init__(self, stage: str, reason: str) -> None:
        super().__init__(f"audit: the first stage that differs is {stage}: {reason}.")
        self.stage, self.reason = stage, reason


def same(one: Any, other: Any) -> bool:
    """Whether two states hold the same bits: tensors, arrays, numbers, texts, and lists and dictionaries of them."""
    if type(one) is not type(other):
        return False
    if isinstance(one, Tensor):
        return one.dtype == other.dtype and one.shape == other.shape and torch.equal(_bits(one), _bits(other))
    if isinstance(one, np.ndarray):
        return bool(one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes())
    if isinstance(one, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other) or (one != one and other != other)


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> str | None:
    """The name of the first entry that two states do not share."""
    names = [*one, *(name for name in other if name not in one)]
    return next((name for name in names if name not in one or not same(one[name], other.get(name))), None)


def difference(one: CloseSeries, other: CloseSeries, border: pd.Timestamp) -> str | None:
    """What differs between two series before a border, in words; nothing where they are equal."""
    first, second = (_bars(series)[lambda bars: bars.index < border] for series in (one, other))
    name = one.closes.name
    if one.interval != other.interval or list(first.columns) != list(second.columns):
        return f"{name} has other bars altogether"
    if not same(in_nanoseconds(first.index).asi8, in_nanoseconds(second.index).asi8):
        differs = first.index.symmetric_difference(second.index)
        return f"{name} has a bar at {say_time(differs[0])} in one of them only"
    unequal = first.to_numpy().view(np.int64) != second.to_numpy().view(np.int64)
    if not unequal.any():
        return None
    row, column = (int(place) for place in np.argwhere(unequal)[0])
    what = f"the {str(first.columns[column]).lower()} of {say_time(first.index[row])}"
    return f"{what} is {first.iat[row, column]:.10g} or {second.iat[row, column]:.10g}"


def _bars(series: CloseSeries) -> pd.DataFrame:
    closes = series.closes.rename(CLOSE).to_frame()
    return closes if series.others is None else closes.join(series.others)


def _bits(tensor: Tensor) -> Tensor:
    return tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
