"""Models made again from their checkpoints: the class and the arguments first, then the weights.

These functions take the contract's class as an argument, ``base``, so that the contract itself can use them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from lightning.pytorch import LightningModule

from cryptoforecast.errors import UserError
from cryptoforecast.models.checkpoints.content import WRITTEN
from cryptoforecast.models.checkpoints.file import Checkpoint, read_checkpoint
from cryptoforecast.models.checkpoints.loaded_parts import record_loading
from cryptoforecast.models.contract.signatures import is_overridden
from cryptoforecast.recipe.class_paths import import_named, shortened
from cryptoforecast.recipe.read import RecipeError, read_recipe
from cryptoforecast.recipe.write import class_path

Model = TypeVar("Model", bound=LightningModule)


def restore(checkpoint: str | Path | Checkpoint, base: type[Model], rename: Mapping[str, str] | None = None) -> Model:
    """The model of a checkpoint with its weights, in evaluation mode, on the CPU.

    Args:
        checkpoint: the file, or what was read from it.
        base: the class that the model must inherit from.
        rename: import paths of classes that were moved or renamed since, old to new.

    Raises:
        UserError: if its class is not found or does not inherit from ``base``, or the weights do not fit it.
    """
    for name in (rename or {}).values():
        import_named(name)
    if not isinstance(checkpoint, Checkpoint):
        checkpoint = read_checkpoint(checkpoint, rename)
    model = make(checkpoint.model, base, str(checkpoint.path), checkpoint.of_another_version)
    put_weights(model, base, checkpoint)
    if checkpoint.weights:
        record_loading(model, checkpoint.trained)
    return model.eval()


def restore_as(
    cls: type[Model],
    base: type[Model],
    path: str | Path,
    map_location: torch.device | str | None = None,
    *unnamed: object,
    rename: Mapping[str, str] | None = None,
    **unknown: object,
) -> Model:
    """The model of a checkpoint, which must be of class ``cls``; on the CPU, or on ``map_location``.

    Raises:
        UserError: if it is of another class, or further arguments are given, which Lightning would take.
    """
    if unnamed or unknown:
        raise UserError(
            f"{cls.__name__}.load_from_checkpoint takes no {', '.join(sorted(unknown)) or unnamed}: "
            "a checkpoint holds its model's arguments, and its weights must fit."
        )
    model = restore(path, base, rename)
    if not isinstance(model, cls):
        raise UserError(f"{path}: holds {class_path(type(model))}, which is no {cls.__name__}.")
    return model if map_location is None else model.to(map_location)


def make(record: dict[str, Any], base: type[Model], source: str, hint: str = "") -> Model:
    """A model with new weights from its class path and arguments.

    Args:
        record: ``{"class_path": …, "init_args": {…}}``, as :meth:`Forecaster.record` returns it.
        base: the class that the model must inherit from.
        source: where the record is from, which an error names first.
        hint: what may be the reason, which an error ends with.

    Raises:
        UserError: if there is no such class, it does not inherit from ``base``, or it takes other arguments.
    """
    try:
        recipe = read_recipe(record, base)
    except RecipeError as problem:
        name = shortened(record["class_path"])
        raise UserError(f"{source}: needs {name}, which cannot be made here: {problem}{hint}.") from None
    model: Model = recipe.make()
    model.__dict__[WRITTEN] = record["init_args"]
    return model


def put_weights(model: Model, base: type[Model], checkpoint: Checkpoint) -> None:
    """Put a checkpoint's weights into a model, after its own ``on_load_checkpoint`` if it overrides that of ``base``.

    Raises:
        UserError: if they do not fit.
    """
    model.configure_model()  # it may make its layers there
    if is_overridden(model, "on_load_checkpoint", base):
        model.on_load_checkpoint({**checkpoint.extra, "state_dict": checkpoint.weights})
    try:
        model.load_state_dict(checkpoint.weights)
    except RuntimeError:
        raise UserError(
            f"{checkpoint.path}: its weights do not fit {type(model).__name__}; was its code changed since?"
            f"{checkpoint.of_another_version}"
        ) from None
