"""A checkpoint is enough: a forecaster, and what it was trained on, from one file."""

import pickle
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import torch
from jsonargparse import ArgumentError, ArgumentParser

from cryptoforecast.errors import UserError
from cryptoforecast.models.forecaster import Forecaster


class Checkpoint(NamedTuple):
    """What a checkpoint file of ours holds.

    ``model`` is its class path and arguments; ``data`` is what :meth:`CloseDataModule.record` wrote, or None if
    the model was trained on something else; ``weights`` go into the model.
    """

    path: Path
    model: dict[str, Any]
    data: dict[str, Any] | None
    weights: dict[str, torch.Tensor]


def read_checkpoint(path: str | Path) -> Checkpoint:
    """Read a checkpoint without running any code that it may hold.

    Raises:
        UserError: if there is no such file, or it is no checkpoint of ours.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: no such checkpoint; ckpt_path names a file that fit has written.")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, KeyError, ValueError, OSError, zipfile.BadZipFile) as problem:
        if "weights_only" in str(problem).lower() and "unsupported" in str(problem).lower():
            raise UserError(f"{path}: holds more than numbers and texts, and is not opened: it could run code.") from None
        raise UserError(f"{path}: cannot be read as a checkpoint; the file is damaged or something else.") from None
    record = content.get("cryptoforecast") if isinstance(content, dict) else None
    if not isinstance(record, dict) or "state_dict" not in content:
        raise UserError(f"{path}: a checkpoint, but not one that cryptoforecast has written.")
    return Checkpoint(path, record["model"], record["data"], content["state_dict"])


def load_forecaster(checkpoint: str | Path | Checkpoint) -> Forecaster:
    """The forecaster of a checkpoint, ready to forecast.

    Raises:
        UserError: if its class cannot be found, is no forecaster, or does not fit the weights.
    """
    if not isinstance(checkpoint, Checkpoint):
        checkpoint = read_checkpoint(checkpoint)
    name = checkpoint.model["class_path"]
    parser = ArgumentParser(exit_on_error=False)
    parser.add_subclass_arguments(Forecaster, "model", fail_untyped=False)
    try:
        config = parser.parse_object({"model": checkpoint.model})
        forecaster = parser.instantiate_classes(config).model
        forecaster.load_state_dict(checkpoint.weights)
    except ArgumentError:
        raise UserError(
            f"{checkpoint.path}: needs the forecaster {name}, which is not found from here or takes other arguments "
            f"now; run where {name.split('.')[0]}.py is as it was."
        ) from None
    except RuntimeError as problem:
        raise UserError(f"{checkpoint.path}: its weights do not fit {name} as it is now ({problem}).") from None
    assert isinstance(forecaster, Forecaster)
    return forecaster.eval()
