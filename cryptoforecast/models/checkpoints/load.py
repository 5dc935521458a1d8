"""Forecasters and data settings from checkpoint files: a checkpoint is all that forecasting takes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.errors import UserError
from cryptoforecast.models.checkpoints.file import Checkpoint
from cryptoforecast.models.checkpoints.restore import make, put_weights, restore
from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.recipe.read import RecipeError, read_recipe
from cryptoforecast.recipe.recipe import Recipe
from cryptoforecast.recipe.write import class_path


def load_forecaster(checkpoint: str | Path | Checkpoint, rename: Mapping[str, str] | None = None) -> Forecaster:
    """The forecaster of a checkpoint, ready to forecast.

    Args:
        checkpoint: the file, or what was read from it.
        rename: import paths of classes that were moved or renamed since, old to new:
            ``{"my_model.GRU": "my_models.gru.GRU"}``.

    Returns:
        The forecaster with its weights, in evaluation mode, on the CPU.

    Raises:
        UserError: if its class cannot be found, is no forecaster, or does not fit the weights.

    >>> load_forecaster("no.ckpt")
    Traceback (most recent call last):
    cryptoforecast.errors.UserError: no.ckpt: no such checkpoint; ckpt_path names a file that fit has written.
    """
    return restore(checkpoint, Forecaster, rename)


def make_forecaster(record: dict[str, Any], source: str) -> Forecaster:
    """A forecaster with new weights from what :meth:`Forecaster.record` returned; see :func:`restore.make`."""
    return make(record, Forecaster, source)


def load_weights(forecaster: Forecaster, checkpoint: Checkpoint) -> None:
    """Put a checkpoint's weights into a forecaster.

    Raises:
        UserError: if they do not fit.
    """
    put_weights(forecaster, Forecaster, checkpoint)


def recipe_of_data(checkpoint: Checkpoint) -> Recipe:
    """How to make the data module that a checkpoint was trained on.

    Raises:
        UserError: if it does not know it, or it cannot be made.
    """
    if checkpoint.data is None:
        raise UserError(f"{checkpoint.path}: was trained without a CloseDataModule and does not know its closes.")
    named = checkpoint.data.get("class_path", class_path(CloseDataModule))  # written where it is a subclass
    settings = {"class_path": named, "init_args": checkpoint.data["settings"]}
    try:
        return read_recipe(settings, CloseDataModule, "data")
    except RecipeError as problem:
        doubt = checkpoint.of_another_version
        raise UserError(f"{checkpoint.path}: its closes cannot be read again here: {problem}{doubt}.") from None
