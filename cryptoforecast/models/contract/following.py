"""Windows whose states are those of the rung that a model stands on."""

from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.windows import WindowDataset
from cryptoforecast.models.heads.rung_head import RungHead
from cryptoforecast.models.ladder.ladder import follow_all

if TYPE_CHECKING:
    from cryptoforecast.models.forecaster import Forecaster


def follow(model: "Forecaster", data: CloseDataModule) -> WindowDataset:
    """The windows of a data module with the states of the rung that a model's head stands on.

    Args:
        model: its rung is fitted, unless the model is a rung and nothing more, which is fitted now.
        data: set up. Its windows are returned without states for a model that stands on no rung.

    Raises:
        UserError: if the rung cannot follow a series, such as one without the High and Low that it was fitted with.
    """
    fit_rung_alone(model, data)
    base = model.output_head.base
    if base is None:
        return data.windows if data.windows.states is None else data.windows.with_states(None)
    return data.windows.with_states(torch.from_numpy(follow_all(base.rung, data.bars())))


def states_at_the_end(model: "Forecaster", data: CloseDataModule) -> Float64[Tensor, "series states"] | None:
    """The states after the last bar of each series; None for a model that stands on no rung."""
    fit_rung_alone(model, data)
    base = model.output_head.base
    if base is None:
        return None
    return torch.from_numpy(np.stack([base.rung.follow(bars)[-1] for bars in data.bars()]))


def fit_rung_alone(model: "Forecaster", data: CloseDataModule) -> None:
    """Fit a model that is a rung and nothing more to the training bars, if it is not fitted yet.

    Args:
        model: any model; nothing is done for another one.
        data: set up for any stage; where that is ``predict``, training windows are cut now.

    Raises:
        CannotFit: naming the rung and the reason.
    """
    head = model.output_head
    if isinstance(head, RungHead) and not head.base.fitted:
        if not hasattr(data, "fold"):
            data.setup("fit")
        head.base.fit(data.bars(), data.horizon)
