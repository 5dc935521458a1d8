"""Windows with all that a model takes: the states of the rung under its head, and the fields that ``forward`` names."""

from typing import TYPE_CHECKING

import numpy as np
import torch

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.last_windows import last_windows
from cryptoforecast.data.windows import Window, WindowDataset
from cryptoforecast.models.contract.arguments import last_windows_for, windows_for
from cryptoforecast.models.contract.units import states_with_parameters
from cryptoforecast.models.heads.rung_head import RungHead
from cryptoforecast.models.ladder.ladder import follow_all

if TYPE_CHECKING:
    from cryptoforecast.models.forecaster import Forecaster


def follow(model: "Forecaster", data: CloseDataModule) -> WindowDataset:
    """The windows of a data module with the states of the rung under a model's head, and the fields that it names.

    Args:
        model: its rung is fitted, unless the model is a rung and nothing more, which is fitted now.
        data: set up. Its windows are returned without states for a model that stands on no rung, and without
            further fields for one whose ``forward`` names none.

    Raises:
        UserError: if the rung cannot follow a series, such as one without the High and Low that it was fitted with.
    """
    fit_rung_alone(model, data)
    base, windows = model.output_head.base, windows_for(model, data, data.windows)
    if base is None:
        return windows if windows.states is None else windows.with_states(None)
    return windows.with_states(states_with_parameters(base.rung, follow_all(base.rung, data.bars()), data.horizon))


def window_at_the_end(model: "Forecaster", data: CloseDataModule, symbol: str | None = None) -> Window:
    """A batch of the windows that end with the last bar of each series, with all that a model takes.

    Args:
        model: the model.
        data: set up for any stage.
        symbol: of a single series; None for all.
    """
    fit_rung_alone(model, data)
    numbers = [n for n, item in enumerate(data.series) if symbol in (None, str(item.closes.name))]
    series = [data.series[number] for number in numbers]
    columns = model.columns if set(model.columns) <= set(data.loaded_columns) else data.columns
    windows = last_windows(series, model.context_length, model.horizon, columns)._replace(series=torch.tensor(numbers))
    if data.across:
        contexts = last_windows(data.series, model.context_length, model.horizon, columns).context
        windows = windows._replace(together=contexts.unsqueeze(0).expand(len(numbers), *contexts.shape))
    if (base := model.output_head.base) is not None:
        bars = data.bars()
        states = np.stack([base.rung.follow(bars[number])[-1] for number in numbers])
        windows = windows._replace(state=torch.from_numpy(states))
    return last_windows_for(model, series, windows)


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
