"""Checkpoint files of this package: read without running code, and checked for the entries that are used."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import torch

from cryptoforecast.errors import UserError
from cryptoforecast.models.checkpoints.prior_training import PriorTraining, prior_training_in
from cryptoforecast.models.checkpoints.provenance import VERSIONS
from cryptoforecast.recipe.class_paths import shortened
from cryptoforecast.user_folders import expand_home

LIGHTNING_KEYS = ("epoch", "global_step", "pytorch-lightning_version", "state_dict", "loops", "callbacks",
                "optimizer_states", "lr_schedulers", "MixedPrecision")  # fmt: skip
CHECKED_BY_RECIPE = ("cryptoforecast.model", "cryptoforecast.data.settings")  # may name classes; recipe.read checks
DATA = "cryptoforecast.data"  # of a subclass of CloseDataModule it names the class
DATA_ENTRY = {"settings": dict, "interval": int | str, "provenance": list, "fitted_until": str, "selected_until": str}
SERIES_ENTRY = {"symbol": str, "simulated": bool, "interval": str, "first": str, "last": str, "sha256": str}
PRIOR_TRAINING_ENTRY = {"path": str, "fitted_until": str | None, "selected_until": str | None}
TIME_KEYS = ("fitted_until", "selected_until", "first", "last")


class Checkpoint(NamedTuple):
    """The content of a checkpoint file.

    Attributes:
        path: the file.
        model: class path and arguments of the model.
        data: what :meth:`CloseDataModule.record` returned; None if the model was trained on other data.
        weights: the model's state dict.
        versions: versions of the packages that wrote the file, by name.
        epoch: the first epoch that was not validated; None if the file holds weights alone.
        trained: its own training first, then that of the checkpoints whose weights it uses.
        run: relative path from the file's folder to its run's; None outside of a run.
        extra: everything that is not Lightning's, such as what the model's ``on_save_checkpoint`` added.
        code: SHA-256 of the user's source files behind the fit, by name; None if they were not recorded.
    """

    path: Path
    model: dict[str, Any]
    data: dict[str, Any] | None
    weights: dict[str, torch.Tensor]
    versions: dict[str, str]
    epoch: int | None
    trained: list[PriorTraining]
    run: str | None = None
    extra: dict[str, Any] = {}  # noqa: RUF012 (never changed)
    code: dict[str, str] | None = None

    @property
    def of_another_version(self) -> str:
        """A remark for errors that another version of the package wrote the file; empty if it was this one."""
        written, here = self.versions.get("cryptoforecast", "an earlier version"), VERSIONS["cryptoforecast"]
        return "" if written == here else f" (it was written by cryptoforecast {written}, and this is {here})"


def read_checkpoint(path: str | Path, rename: Mapping[str, str] | None = None) -> Checkpoint:
    """The content of a checkpoint file, read without running any code that it may hold.

    Args:
        path: the file.
        rename: import paths of classes that were moved or renamed since, old to new.

    Raises:
        UserError: if there is no such file, or it is not a checkpoint of this package.
    """
    path = expand_home(path)
    if not path.is_file():
        raise UserError(f"{path}: no such checkpoint; ckpt_path names a file that fit has written.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as problem:  # torch raises errors of many kinds for damaged files
        if "GLOBAL" in str(problem) or "Unsupported class" in str(problem):  # anything but tensors and plain values
            raise UserError(
                f"{path}: holds more than numbers and texts, and is not opened: it could run code."
            ) from None
        raise UserError(f"{path}: cannot be read as a checkpoint; the file is damaged or something else.") from None
    return checkpoint_of(content, path, rename)


def checkpoint_of(content: Any, path: Path, rename: Mapping[str, str] | None = None) -> Checkpoint:
    """The checked content of a checkpoint.

    Args:
        content: what ``torch.load`` returned with ``weights_only=True``.
        path: the file, for errors.
        rename: import paths of classes that were moved or renamed since, old to new.

    Raises:
        UserError: if it is not a checkpoint of this package.
    """
    record = content.get("cryptoforecast") if isinstance(content, dict) else None
    if not isinstance(record, dict) or not isinstance(content.get("state_dict"), dict):
        raise UserError(f"{path}: a checkpoint, but not one that cryptoforecast has written.")
    _require_record(record, path)
    checkpoint = Checkpoint(
        path,
        _renamed(record.get("model", {}), rename or {}),
        _renamed(record.get("data"), rename or {}),
        content["state_dict"],
        record.get("versions", {}),
        _first_unvalidated_epoch(content, path) if "optimizer_states" in content else None,
        prior_training_in(path, record),
        record.get("run"),
        {name: value for name, value in content.items() if name not in LIGHTNING_KEYS},
        record.get("code"),
    )
    if not {"class_path", "init_args"} <= checkpoint.model.keys():
        raise UserError(f"{path}: does not say what model it is of{checkpoint.of_another_version}.")
    return checkpoint


def _require_record(record: dict[str, Any], path: Path) -> None:
    """Check the types of the entries that are used.

    Raises:
        UserError: naming the first invalid entry.
    """
    for name in ("model", "versions"):
        if name in record and not isinstance(record[name], dict):
            raise _malformed(path, name, record[name])
    if (data := record.get("data")) is not None:
        if not isinstance(data, dict):
            raise _malformed(path, "data", data)
        _require(data, DATA_ENTRY, path, "data")
        for number, series in enumerate(data["provenance"]):
            _require(series, SERIES_ENTRY, path, f"data.provenance[{number}]")
    if not isinstance(record.get("run"), str | None):
        raise _malformed(path, "run", record["run"])
    if not isinstance(record.get("code"), dict | None):
        raise _malformed(path, "code", record["code"])
    before = record.get("trained_before", [])
    if not isinstance(before, list):
        raise _malformed(path, "trained_before", before)
    for number, entry in enumerate(before):
        _require(entry, PRIOR_TRAINING_ENTRY, path, f"trained_before[{number}]")
        if entry.keys() != PRIOR_TRAINING_ENTRY.keys():
            raise _malformed(path, f"trained_before[{number}]", entry)
    _require_plain({"cryptoforecast": record}, path)


def _first_unvalidated_epoch(content: dict[str, Any], path: Path) -> int:
    """The first epoch that was not validated, from the state of Lightning's loops.

    Raises:
        UserError: if that state is incomplete.
    """
    try:
        loops = content["loops"]["fit_loop"]
        validated = loops["epoch_loop.val_loop.batch_progress"]["total"]["completed"] > 0  # in the epoch under way
        return int(loops["epoch_progress"]["current"]["processed"]) + int(validated)
    except (KeyError, TypeError, ValueError):
        raise UserError(f"{path}: does not say how far its training had come; it was changed or damaged.") from None


def _renamed(written: Any, names: Mapping[str, str]) -> Any:
    """A record, or a part of it, with class paths replaced.

    Args:
        written: the part.
        names: import paths, old to new.
    """
    if isinstance(written, list):
        return [_renamed(item, names) for item in written]
    if not isinstance(written, dict):
        return written
    new = {key: _renamed(item, names) for key, item in written.items()}
    if isinstance(new.get("class_path"), str):
        new["class_path"] = names.get(new["class_path"], new["class_path"])
    return new


def _require(part: Any, shape: Mapping[str, Any], path: Path, place: str) -> None:
    if not isinstance(part, dict):
        raise _malformed(path, place, part)
    for name, kind in shape.items():
        value = part.get(name)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
            raise _malformed(path, f"{place}.{name}", value)
        if name in TIME_KEYS and value is not None:
            try:
                pd.Timestamp(value)
            except ValueError:
                raise _malformed(path, f"{place}.{name}", value) from None


def _require_plain(part: Any, path: Path, place: str = "") -> None:
    """Check that classes are named only where recipe.read checks them before they are made."""
    if place in CHECKED_BY_RECIPE:
        return
    if place == DATA and isinstance(part, dict):
        part = {key: item for key, item in part.items() if key != "class_path"}  # checked by recipe.read too
    items = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list | tuple) else ()
    for key, item in items:
        if key == "class_path":
            raise UserError(f"{path}: names {shortened(item)} in {place}, where no class belongs, and is not opened.")
        _require_plain(item, path, f"{place}.{key}" if place else str(key))


def _malformed(path: Path, place: str, value: Any) -> UserError:
    return UserError(f"{path}: its {place} is {shortened(value)}; the checkpoint was changed or damaged.")
