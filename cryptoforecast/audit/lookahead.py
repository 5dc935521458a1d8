"""The error that the audit raises, and the comparison of two values to the last bit."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from cryptoforecast.data.series import CloseSeries
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


def same(left: Any, right: Any) -> bool:
    """Whether two states hold the same bits: tensors, arrays, numbers, texts, and lists and dictionaries of them."""
    if type(left) is not type(right):
        return False
    if isinstance(left, Tensor):
        return left.dtype == right.dtype and left.shape == right.shape and torch.equal(_bits(left), _bits(right))
    if isinstance(left, np.ndarray):
        return bool(left.dtype == right.dtype and left.shape == right.shape and left.tobytes() == right.tobytes())
    if isinstance(left, Mapping):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right) or (left != left and right != right)


def differing(left: Mapping[str, Any], right: Mapping[str, Any]) -> str | None:
    """The name of the first entry that two states do not share."""
    names = [*left, *(name for name in right if name not in left)]
    return next((name for name in names if name not in left or not same(left[name], right.get(name))), None)


def differing_part(left: Mapping[str, Any], right: Mapping[str, Any]) -> str | None:
    """The name of the first weight that two states of a model do not share, or of what its ``fit`` has assigned."""
    name = differing(left, right)
    learned = [state.get(name or "") for state in (left, right)]
    attributes = [state["attributes"] for state in learned if isinstance(state, Mapping) and "attributes" in state]
    return (differing(*attributes) if len(attributes) == 2 else None) or name


def difference(left: CloseSeries, right: CloseSeries, border: pd.Timestamp) -> str | None:
    """What differs between two series before a border, in words; nothing where they are equal."""
    first, second = (_bars(series)[lambda bars: bars.index < border] for series in (left, right))
    name = left.closes.name
    if left.interval != right.interval or list(first.columns) != list(second.columns):
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
    closes = series.closes.rename(series.target).to_frame()
    return closes if series.others is None else closes.join(series.others)


def _bits(tensor: Tensor) -> Tensor:
    return tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
