"""The arguments that a model was made with, as Lightning keeps them."""

import inspect
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptoforecast.models.forecaster import Forecaster

KEPT_OTHERWISE = ["scaling", "optimizer", "scheduler", "scheduler_interval", "head", "scalings"]


def keep_arguments(model: "Forecaster") -> None:
    """Keep the arguments of a model as its ``hparams``, from the frames of its constructors.

    Lightning advises against a module as an argument, which its checkpoints would hold twice; ours hold a recipe of it.

    Args:
        model: whose ``__init__`` calls this.
    """
    frame = inspect.currentframe()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Attribute '.*' is an instance of `nn.Module`")
        model.save_hyperparameters(ignore=KEPT_OTHERWISE, frame=frame and frame.f_back)
