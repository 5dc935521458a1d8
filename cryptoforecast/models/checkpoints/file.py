"""A checkpoint file of ours, read without running any code, and seen to hold what will be asked of it."""

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

OF_LIGHTNING = ("epoch", "global_step", "pytorch-lightning_version", "state_dict", "loops", "callbacks",
                "optimizer_states", "lr_schedulers", "MixedPrecision")  # fmt: skip
CHECKED_WHEN_MADE = ("cryptoforecast.model", "cryptoforecast.data.settings")  # what may name classes
OF_DATA = {"settings": dict, "interval": int | str, "provenance": list, "fitted_until": str, "selected_until": str}
OF_SERIES = {"symbol": str, "simulated": bool, "interval": str, "first": str, "last": str, "sha256": str}
OF_TRAINED_BEFORE = {"path": str, "fitted_until": str | None, "selected_until": str | None}
TIMES = ("fitted_until", "selected_until", "first", "last")


class Checkpoint(NamedTuple):
    """What a checkpoint file of ours holds.

    ``model`` is its class path and arguments; ``data`` is what :meth:`CloseDataModule.record` wrote, or None if
    the model was trained on something else; ``weights`` go into the model. ``versions`` are those it was written
    with. ``epoch`` is the first that has not been validated, None where only weights were kept. ``trained`` says what
    closes it has seen, and what those have that it was made of. ``run`` is the way from the checkpoint's folder to its
    run's, None where it was of none. ``own`` is what the model's own ``on_save_checkpoint`` has put there.
    ``code`` are the SHA-256 of the files that the fit was written in, by name; None where they were not kept.
    """

    path: Path
    model: dict[str, Any]
    data: dict[str, Any] | None
    weights: dict[str, torch.Tensor]
    versions: dict[str, str]
    epoch: int | None
    trained: list[PriorTraining]
    run: str | None = None
    own: dict[str, Any] = {}  # noqa: RUF012 (nobody changes it)
    code: dict[str, str] | None = None

    @property
    def of_another_version(self) -> str:
        """Half a sentence for what may be because this is another version; nothing if it is the same."""
        written, here = self.versions.get("cryptoforecast", "an earlier version"), VERSIONS["cryptoforecast"]
        return "" if written == here else f" (it was written by cryptoforecast {written}, and this is {here})"


def read_checkpoint(path: str | Path, rename: Mapping[str, str] | None = None) -> Checkpoint:
    """Read a checkpoint without running any code that it may hold.

    Args:
        path: the file.
        rename: import paths of classes that were moved or renamed since, old to new.

    Raises:
        UserError: if there is no such file, or it is no checkpoint of ours.
    """
    path = expand_home(path)
    if not path.is_file():
        raise UserError(f"{path}: no such checkpoint; ckpt_path names a file that fit has written.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as problem:  # of a file that may hold anything, torch may say anything
        if "GLOBAL" in str(problem) or "Unsupported class" in str(problem):  # a call to something that is not a tensor
            raise UserError(
                f"{path}: holds more than numbers and texts, and is not opened: it could run code."
            ) from None
        raise UserError(f"{path}: cannot be read as a checkpoint; the file is damaged or something else.") from None
    return checkpoint_of(content, path, rename)


def checkpoint_of(content: Any, path: Path, rename: Mapping[str, str] | None = None) -> Checkpoint:
    """What a checkpoint holds.

    Args:
        content: of the file, as torch has read it without running any code.
        path: the file, for errors.
        rename: import paths of classes that were moved or renamed since, old to new.

    Raises:
        UserError: if it is no checkpoint of ours.
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
        _first_to_validate(content, path) if "optimizer_states" in content else None,
        prior_training_in(path, record),
        record.get("run"),
        {name: value for name, value in content.items() if name not in OF_LIGHTNING},
        record.get("code"),
    )
    if not {"class_path", "init_args"} <= checkpoint.model.keys():
        raise UserError(f"{path}: does not say what model it is of{checkpoint.of_another_version}.")
    return checkpoint


def _require_record(record: dict[str, Any], path: Path) -> None:
    """See that a record holds what will be asked of it.

    Raises:
        UserError: naming the entry that is not as it should be.
    """
    for name in ("model", "versions"):
        if name in record and not isinstance(record[name], dict):
            raise _malformed(path, name, record[name])
    if (data := record.get("data")) is not None:
        if not isinstance(data, dict):
            raise _malformed(path, "data", data)
        _require(data, OF_DATA, path, "data")
        for number, series in enumerate(data["provenance"]):
            _require(series, OF_SERIES, path, f"data.provenance[{number}]")
    if not isinstance(record.get("run"), str | None):
        raise _malformed(path, "run", record["run"])
    if not isinstance(record.get("code"), dict | None):
        raise _malformed(path, "code", record["code"])
    before = record.get("trained_before", [])
    if not isinstance(before, list):
        raise _malformed(path, "trained_before", before)
    for number, entry in enumerate(before):
        _require(entry, OF_TRAINED_BEFORE, path, f"trained_before[{number}]")
        if entry.keys() != OF_TRAINED_BEFORE.keys():
            raise _malformed(path, f"trained_before[{number}]", entry)
    _require_plain({"cryptoforecast": record}, path)


def _first_to_validate(content: dict[str, Any], path: Path) -> int:
    """The first epoch that has not been validated, of a checkpoint that training can go on from.

    Raises:
        UserError: if it does not say how far training had come.
    """
    try:
        loops = content["loops"]["fit_loop"]
        validated = loops["epoch_loop.val_loop.batch_progress"]["total"]["completed"] > 0  # in the epoch under way
        return int(loops["epoch_progress"]["current"]["processed"]) + int(validated)
    except (KeyError, TypeError, ValueError):
        raise UserError(f"{path}: does not say how far its training had come; it was changed or damaged.") from None


def _renamed(written: Any, names: Mapping[str, str]) -> Any:
    """A record in which classes go by the names that they have now.

    Args:
        written: the record, or a part of it.
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
        if name in TIMES and value is not None:
            try:
                pd.Timestamp(value)
            except ValueError:
                raise _malformed(path, f"{place}.{name}", value) from None


def _require_plain(part: Any, path: Path, place: str = "") -> None:
    """See that no class is named but where model and data are made, which looks at what it makes."""
    if place in CHECKED_WHEN_MADE:
        return
    items = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list | tuple) else ()
    for key, item in items:
        if key == "class_path":
            raise UserError(f"{path}: names {shortened(item)} in {place}, where no class belongs, and is not opened.")
        _require_plain(item, path, f"{place}.{key}" if place else str(key))


def _malformed(path: Path, place: str, value: Any) -> UserError:
    return UserError(f"{path}: its {place} is {shortened(value)}; the checkpoint was changed or damaged.")
