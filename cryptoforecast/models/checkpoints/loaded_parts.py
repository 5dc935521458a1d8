"""Which checkpoints a model uses weights of: recorded when one is loaded, and collected when the model is saved."""

import os
import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache
from types import FrameType
from typing import Any

from lightning.pytorch import LightningModule
from torch import nn

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.errors import UserError
from cryptoforecast.models.checkpoints.file import read_checkpoint
from cryptoforecast.models.checkpoints.prior_training import SPLITS, PriorTraining, pretraining, prior_training_in
from cryptoforecast.user_folders import expand_home

MAY_HOLD_MODULES = nn.Module, dict, list, tuple
ATTRIBUTE = "_trained_before"  # of a torch module: the list of PriorTraining recorded on it

_loaded_at_import: dict[str, list[PriorTraining]] = {}  # by the name of the Python module that was being imported


def record_loading(loaded: nn.Module, trained: list[PriorTraining]) -> None:
    """Record a checkpoint on the module that was loaded from it and on each torch module whose code loaded it.

    The latter are found on the call stack: the ``self`` of each frame. A checkpoint that is loaded while a Python
    module is imported is recorded for all classes that this module defines.
    """
    _add(loaded.__dict__.setdefault(ATTRIBUTE, []), trained)
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        owner, module = frame.f_locals.get("self"), frame.f_globals.get("__name__")
        if isinstance(owner, nn.Module) and owner is not loaded:
            _add(owner.__dict__.setdefault(ATTRIBUTE, []), trained)
        if frame.f_code.co_name == "<module>" and module != "__main__":
            _add(_loaded_at_import.setdefault(str(module), []), trained)
        frame = frame.f_back


def record_resumption(model: nn.Module, record: dict[str, Any], data: CloseDataModule | None) -> None:
    """Record on a model that its fit goes on from a checkpoint, if that was trained on later closes than ``data``.

    Args:
        model: has the checkpoint's weights.
        record: the checkpoint's record.
        data: what the model is trained on from now on; None if unknown.
    """
    resumed, *parts = prior_training_in("the checkpoint that its training went on from", record)
    current = prior_training_in("", {"data": data.record()})[0] if data else resumed
    until = [(resumed.until(split), current.until(split)) for split in SPLITS]
    later = any(before is None or after is None or before > after for before, after in until)
    _add(model.__dict__.setdefault(ATTRIBUTE, []), [*([resumed] if data and later else []), *parts])


def prior_training_of(model: LightningModule) -> list[PriorTraining]:
    """The checkpoints that a model was loaded from or uses weights of, and what is pretrained in it.

    Found are the torch modules among its attributes, also in lists and dictionaries; checkpoints that its code loaded
    without keeping the module; and checkpoints whose path is among its arguments. Pretrained is what has an attribute
    ``knows_until``.
    """
    found: list[PriorTraining] = []
    for module in _modules_in(model):
        _add(found, module.__dict__.get(ATTRIBUTE, []))
        if (until := getattr(module, "knows_until", None)) is not None:
            _add(found, [pretraining(type(module).__name__, str(until))])
        for cls in type(module).__mro__:
            _add(found, _loaded_at_import.get(cls.__module__, []))
    for file in files_in_arguments(model):
        _add(found, prior_training_in_file(file))
    return found


def to_records(model: LightningModule) -> list[dict[str, Any]]:
    """The checkpoints of :func:`prior_training_of`, as the model's own checkpoint stores them."""
    return [training._asdict() for training in prior_training_of(model)]


def files_in_arguments(model: LightningModule) -> list[str]:
    """The existing files whose paths are among the arguments of a model."""
    return [text for text in dict.fromkeys(_texts_in(dict(model.hparams))) if _is_file(text)]


def prior_training_in_file(file: str) -> list[PriorTraining]:
    """The training that a checkpoint file records; empty if the file is not a checkpoint of this package."""
    path = expand_home(file)
    if not path.is_file():
        return []
    state = path.stat()
    return _read(str(path), state.st_mtime_ns, state.st_size)


@lru_cache
def _read(path: str, *_: int) -> list[PriorTraining]:
    try:
        return read_checkpoint(path).trained
    except UserError:
        return []


def _add(records: list[PriorTraining], more: Iterable[PriorTraining]) -> None:
    records += [record for record in more if record not in records]


def _modules_in(module: nn.Module) -> Iterator[nn.Module]:
    """A torch module and those among its attributes, each once."""
    left, seen = list[Any]([module]), set()
    while left:
        value = left.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, nn.Module):
            yield value
            value = vars(value)  # a trainer is no module
        held = value.values() if isinstance(value, dict) else value
        left += [part for part in held if isinstance(part, MAY_HOLD_MODULES)]


def _texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str | os.PathLike):
        yield os.fspath(value)
    elif isinstance(value, dict):
        for held in value.values():
            yield from _texts_in(held)
    elif isinstance(value, list | tuple):
        for held in value:
            yield from _texts_in(held)


def _is_file(text: str) -> bool:
    try:
        return expand_home(text).is_file()
    except (OSError, ValueError):  # not a path, or one that the system refuses
        return False
