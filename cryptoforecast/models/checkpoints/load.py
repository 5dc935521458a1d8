"""A checkpoint is enough: a forecaster, and what it was trained on, from one file."""

import warnings
from collections.abc import Mapping
from inspect import Parameter
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.series import CLOSE, CloseSeries, fingerprint
from cryptoforecast.errors import DataNotice, UserError
from cryptoforecast.models.checkpoints.file import Checkpoint as Checkpoint
from cryptoforecast.models.checkpoints.file import checkpoint_of as checkpoint_of
from cryptoforecast.models.checkpoints.file import read_checkpoint as read_checkpoint
from cryptoforecast.models.checkpoints.prior_training import record_loading
from cryptoforecast.models.contract.signatures import is_overridden
from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.recipe.class_paths import import_named, shortened
from cryptoforecast.recipe.read import RecipeError, read_recipe
from cryptoforecast.recipe.recipe import Recipe
from cryptoforecast.recipe.write import class_path, parameters_of, to_json_value


def load_forecaster(checkpoint: str | Path | Checkpoint, rename: Mapping[str, str] | None = None) -> Forecaster:
    """The forecaster of a checkpoint, ready to forecast.

    Args:
        checkpoint: the file, or what was read from it.
        rename: import paths of classes that were moved or renamed since, old to new:
            ``{"my_model.GRU": "my_models.gru.GRU"}``.

    Raises:
        UserError: if its class cannot be found, is no forecaster, or does not fit the weights.

    >>> load_forecaster("no.ckpt")
    Traceback (most recent call last):
    cryptoforecast.errors.UserError: no.ckpt: no such checkpoint; ckpt_path names a file that fit has written.
    """
    for name in (rename or {}).values():
        import_named(name)
    if not isinstance(checkpoint, Checkpoint):
        checkpoint = read_checkpoint(checkpoint, rename)
    forecaster = make_forecaster(checkpoint.model, str(checkpoint.path), checkpoint.of_another_version)
    load_weights(forecaster, checkpoint)
    if checkpoint.weights:
        record_loading(forecaster, checkpoint.trained)
    return forecaster.eval()


def load_as(
    kind: type[Forecaster],
    path: str | Path,
    map_location: torch.device | str | None = None,
    *unnamed: object,
    rename: Mapping[str, str] | None = None,
    **unknown: object,
) -> Forecaster:
    """The forecaster of a checkpoint, if it is of a class.

    Args:
        kind: the class.
        path: the file.
        map_location: the device to put it on; by default it stays on the CPU.
        unnamed: nothing.
        rename: as :func:`load_forecaster` has it.
        unknown: nothing.

    Raises:
        UserError: if it is of another class, or further arguments are given.
    """
    if unnamed or unknown:
        raise UserError(
            f"{kind.__name__}.load_from_checkpoint takes no {', '.join(sorted(unknown)) or unnamed}: "
            "a checkpoint holds its model's arguments, and its weights must fit."
        )
    forecaster = load_forecaster(path, rename)
    if not isinstance(forecaster, kind):
        raise UserError(f"{path}: holds {class_path(type(forecaster))}, which is no {kind.__name__}.")
    return forecaster if map_location is None else forecaster.to(map_location)


def make_forecaster(record: dict[str, Any], of: str, doubt: str = "") -> Forecaster:
    """A forecaster from its record, as :meth:`Forecaster.record` wrote it; its weights are new.

    Args:
        record: class path and arguments.
        of: whose record it is, for errors.
        doubt: what may be the reason of one.

    Raises:
        UserError: if there is no such class, it is no forecaster, or it takes other arguments.
    """
    try:
        recipe = read_recipe(record, Forecaster)
    except RecipeError as problem:
        name = shortened(record["class_path"])
        raise UserError(f"{of}: needs {name}, which cannot be made here: {problem}{doubt}.") from None
    forecaster: Forecaster = recipe.make()
    return forecaster


def recipe_of_data(checkpoint: Checkpoint) -> Recipe:
    """How to make the data module that a checkpoint was trained on.

    Raises:
        UserError: if it does not know it, or it cannot be made.
    """
    if checkpoint.data is None:
        raise UserError(f"{checkpoint.path}: was trained without a CloseDataModule and does not know its closes.")
    settings = {"class_path": class_path(CloseDataModule), "init_args": checkpoint.data["settings"]}
    try:
        return read_recipe(settings, CloseDataModule, "data")
    except RecipeError as problem:
        doubt = checkpoint.of_another_version
        raise UserError(f"{checkpoint.path}: its closes cannot be read again here: {problem}{doubt}.") from None


def require_same_model(forecaster: Forecaster, checkpoint: Checkpoint) -> None:
    """See that training goes on with the model that a checkpoint holds.

    An argument that its class has taken only since then must have its default, with which nothing has changed.

    Raises:
        UserError: naming the first setting that differs.
    """
    now, before = forecaster.record(), checkpoint.model
    if now["class_path"] != before["class_path"]:
        raise _differs(checkpoint, "class_path", before["class_path"], now["class_path"])
    held = {"columns": [CLOSE], **before["init_args"]}  # once there was nothing but the close
    parameters = parameters_of(type(forecaster))
    for name, value in now["init_args"].items():
        if name in ("optimizer", "scheduler"):
            continue
        if name in held and held[name] != value:
            raise _differs(checkpoint, name, held[name], value)
        if name not in held:
            default = parameters[name].default
            if default is Parameter.empty or to_json_value(default) != value:
                raise _differs(checkpoint, name, "not yet", value)
            _notice(f"model.{name} is new since {checkpoint.path} was written; going on with its default, {default}.")
    for name in held.keys() - parameters.keys():
        raise UserError(
            f"{checkpoint.path}: has model.{name} {held[name]}, and {type(forecaster).__name__} takes no such argument "
            "any more; go on with the same code."
        )


def _differs(checkpoint: Checkpoint, name: str, before: Any, now: Any) -> UserError:
    return UserError(f"{checkpoint.path}: has model.{name} {before}, and now it is {now}; go on with the same.")


def load_weights(forecaster: Forecaster, checkpoint: Checkpoint) -> None:
    """Put a checkpoint's weights into a forecaster.

    Raises:
        UserError: if they are another model's.
    """
    forecaster.configure_model()  # it may make its layers there
    if is_overridden(forecaster, "on_load_checkpoint", Forecaster):
        forecaster.on_load_checkpoint({**checkpoint.own, "state_dict": checkpoint.weights})
    try:
        forecaster.load_state_dict(checkpoint.weights)
    except RuntimeError:
        raise UserError(
            f"{checkpoint.path}: its weights do not fit {type(forecaster).__name__}; was its code changed since?"
            f"{checkpoint.of_another_version}"
        ) from None


def compare_with_training(checkpoint: Checkpoint, data: CloseDataModule) -> None:
    """Say so where closes are not those that a checkpoint was trained on.

    Args:
        checkpoint: the checkpoint.
        data: set up; what it is to forecast now.

    Raises:
        UserError: if the bars are not as far apart as those it was trained on.
    """
    if checkpoint.data is None:
        return
    before = {record["symbol"]: record for record in checkpoint.data["provenance"]}
    trained_on = ", ".join(before)
    if data.simulated and not any(record["simulated"] for record in before.values()):
        raise UserError(
            f"{checkpoint.path}: was trained on {trained_on}, and the closes at hand are SIMULATED; "
            "name closes to forecast with data.source."
        )
    if data.interval.record != checkpoint.data["interval"]:
        used, known = data.series[0].provenance, next(iter(before.values()))
        raise UserError(
            f"{used.symbol}: the bars are {used.interval} apart, and the checkpoint was trained on bars "
            f"{known['interval']} apart; forecast at the interval it knows."
        )
    if unknown := [one.provenance.symbol for one in data.series if one.provenance.symbol not in before]:
        _notice(f"the checkpoint was trained on {trained_on}, but these closes are {', '.join(unknown)}.")
    for one in data.series:
        known = before.get(one.provenance.symbol)
        if known is not None and _revised(one, known):
            until = f"the closes of {one.provenance.symbol} up to {known['last'][:10]}"
            _notice(f"{until} are not those the checkpoint was trained on.")


def _revised(series: CloseSeries, before: dict[str, Any]) -> bool:
    """Whether the series spans a checkpoint's closes and does not hold them."""
    first, last = pd.Timestamp(before["first"]), pd.Timestamp(before["last"])
    closes, others = series.closes, series.others
    if closes.index[0] > first or closes.index[-1] < last:
        return False
    held = fingerprint(closes[first:last], None if others is None else others[first:last])
    return held != str(before["sha256"])


def _notice(sentence: str) -> None:
    warnings.warn(sentence, DataNotice, stacklevel=3)
