"""Layers that have no weights before they have seen their first input, such as ``nn.LazyLinear``."""

from itertools import chain
from typing import TYPE_CHECKING

import torch
from torch.nn.parameter import is_lazy

from cryptoforecast.data.datamodule import CloseDataModule

if TYPE_CHECKING:
    from cryptoforecast.models.forecaster import Forecaster


def initialise_lazy_layers(model: "Forecaster", data: CloseDataModule) -> None:
    """Give lazy layers their weights, by a look at one training window; nothing is done if there are none.

    An optimizer, and whoever counts weights, is to find them; and the first windows seen are not to be validation's.

    Args:
        model: on the CPU; its scaling is fitted.
        data: set up for ``fit``.
    """
    if not any(is_lazy(one) for one in chain(model.parameters(), model.buffers())):
        return
    modes = {module: module.training for module in model.modules()}
    with torch.no_grad():
        model.eval().forecast(data.windows[data.fold.train[:1]].context)
    for module, training in modes.items():
        module.training = training
