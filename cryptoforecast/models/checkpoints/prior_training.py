"""What a model is made of that was trained before: the checkpoints loaded into it, and the closes those have seen."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from types import FrameType
from typing import Any, Literal, NamedTuple

import pandas as pd
from lightning.pytorch import LightningModule
from torch import nn

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.times import say_time
from cryptoforecast.errors import UserError
from cryptoforecast.user_folders import expand_home

NOTES = "_trained_before"  # the attribute of a module that holds them
Split = Literal["val", "test"]
SPLITS: tuple[Split, ...] = ("val", "test")


class PriorTraining(NamedTuple):
    """A checkpoint that a model has taken something from.

    ``fitted_until`` and ``selected_until`` are the times of the last closes that its weights were fitted and chosen
    on, ISO 8601, UTC; None where the checkpoint does not know its closes.
    """

    path: str
    fitted_until: str | None
    selected_until: str | None

    def until(self, split: Split) -> pd.Timestamp | None:
        """The last close from which a score on such targets is no longer out of sample; None if not known."""
        said = self.selected_until if split == "test" else self.fitted_until
        return None if said is None else pd.Timestamp(said)


def prior_training_in(path: str | Path, record: dict[str, Any]) -> list[PriorTraining]:
    """What a checkpoint's record says: of its own training first, then of what that model had taken from others."""
    data = record.get("data") or {}
    trained = [PriorTraining(str(path), data.get("fitted_until"), data.get("selected_until"))]
    return [*trained, *(PriorTraining(**before) for before in record.get("trained_before", []))]


def record_loading(loaded: nn.Module, notes: list[PriorTraining]) -> None:
    """Note on a loaded module what it was trained on, and on every module whose code has asked for it.

    Those are found among the callers: a model that is being made, set up or asked. A module of Python that loads a
    checkpoint while it is imported makes it known to all classes that it defines.
    """
    _add(loaded.__dict__.setdefault(NOTES, []), notes)
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        owner, module = frame.f_locals.get("self"), frame.f_globals.get("__name__")
        if isinstance(owner, nn.Module) and owner is not loaded:
            _add(owner.__dict__.setdefault(NOTES, []), notes)
        if frame.f_code.co_name == "<module>" and module != "__main__":
            _add(_by_import.setdefault(str(module), []), notes)
        frame = frame.f_back


def record_resumption(model: nn.Module, record: dict[str, Any], data: CloseDataModule | None) -> None:
    """Note on a model what the checkpoint that its training goes on from had seen beyond the closes at hand.

    Args:
        model: it has the checkpoint's weights.
        record: the checkpoint's.
        data: what it is trained on from now on, if that is known.
    """
    itself, *others = prior_training_in("the checkpoint that its training went on from", record)
    now = prior_training_in("", {"data": data.record()})[0] if data else itself
    until = [(itself.until(split), now.until(split)) for split in SPLITS]
    later = any(before is None or after is None or before > after for before, after in until)
    _add(model.__dict__.setdefault(NOTES, []), [*([itself] if data and later else []), *others])


def to_records(model: LightningModule) -> list[dict[str, Any]]:
    """What was trained before, as a model's own checkpoint keeps it."""
    return [one._asdict() for one in prior_training_of(model)]


def prior_training_of(model: LightningModule) -> list[PriorTraining]:
    """The checkpoints that a model was loaded from or has taken something from, wherever it keeps what it loaded.

    Those are the modules among its attributes, also in lists and dictionaries; what its code has loaded and not
    kept; and each checkpoint whose path is among its arguments.
    """
    found: list[PriorTraining] = []
    for module in _modules_in(model):
        _add(found, module.__dict__.get(NOTES, []))
        for cls in type(module).__mro__:
            _add(found, _by_import.get(cls.__module__, []))
    for file in files_in_arguments(model):
        _add(found, prior_training_in_file(file))
    return found


def files_in_arguments(model: LightningModule) -> list[str]:
    """The files whose paths are among the arguments that a model was made with."""
    return [text for text in dict.fromkeys(_texts_in(dict(model.hparams))) if _is_file(text)]


def why_targets_seen(trained: Sequence[PriorTraining], first: pd.Timestamp, split: Split) -> str:
    """Why scores on some targets flatter a model, in words; nothing where all was trained before them.

    Args:
        trained: what was trained before.
        first: time of the first target.
        split: which targets these are.
    """
    if unknown := [one.path for one in trained if one.until(split) is None]:
        return f"{unknown[0]} does not say on which closes it was trained"
    latest = max(trained, key=lambda one: one.until(split) or first, default=None)
    until = None if latest is None else latest.until(split)
    if latest is None or until is None or first > until:
        return ""
    return (
        f"the first of these targets is {say_time(first)}, and {latest.path} has been fitted or chosen on closes up to "
        f"{say_time(until)}"
    )


_by_import: dict[str, list[PriorTraining]] = {}  # what modules of Python have loaded when they were imported


def _add(notes: list[PriorTraining], more: Iterable[PriorTraining]) -> None:
    notes += [one for one in more if one not in notes]


def _modules_in(value: object) -> Iterator[nn.Module]:
    """A module, and those among its attributes, each once."""
    left, seen = [value], set()
    while left:
        value = left.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, nn.Module):
            yield value
            left += [held for name, held in vars(value).items() if name not in ("_trainer", "_fabric")]
        elif isinstance(value, dict):
            left += value.values()
        elif isinstance(value, list | tuple):
            left += value


def _texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str | Path):
        yield str(value)
    elif isinstance(value, dict):
        for held in value.values():
            yield from _texts_in(held)
    elif isinstance(value, list | tuple):
        for held in value:
            yield from _texts_in(held)


def _is_file(text: str) -> bool:
    try:
        return expand_home(text).is_file()
    except (OSError, ValueError):  # no path, or none that can be looked at
        return False


def prior_training_in_file(file: str) -> list[PriorTraining]:
    """What a file tells if it is a checkpoint of ours; nothing if it is another, or none."""
    path = expand_home(file)
    if not path.is_file():
        return []
    state = path.stat()
    return _read(str(path), state.st_mtime_ns, state.st_size)


@lru_cache
def _read(path: str, *_: int) -> list[PriorTraining]:
    from cryptoforecast.models.checkpoints.load import read_checkpoint  # which imports this

    try:
        return read_checkpoint(path).trained
    except UserError:
        return []
