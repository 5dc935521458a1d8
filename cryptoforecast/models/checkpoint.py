"""A checkpoint is enough: a forecaster, and what it was trained on, from one file."""

import warnings
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import torch
from jsonargparse import ArgumentError, ArgumentParser

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.series import CLOSE, CloseSeries, fingerprint
from cryptoforecast.errors import DataNotice, UserError
from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.models.hooks import is_written
from cryptoforecast.models.trained_before import TrainedBefore, note_loading, told_by
from cryptoforecast.models.versions import VERSIONS

OF_LIGHTNING = ("epoch", "global_step", "pytorch-lightning_version", "state_dict", "loops", "callbacks",
                "optimizer_states", "lr_schedulers", "MixedPrecision")  # fmt: skip


class Checkpoint(NamedTuple):
    """What a checkpoint file of ours holds.

    ``model`` is its class path and arguments; ``data`` is what :meth:`CloseDataModule.record` wrote, or None if
    the model was trained on something else; ``weights`` go into the model. ``versions`` are those it was written
    with. ``epoch`` is the first that has not been validated, None where only weights were kept. ``trained`` says what
    closes it has seen, and what those have that it was made of. ``run`` is the way from the checkpoint's folder to its
    run's, None where it was of none. ``own`` is what the model's own ``on_save_checkpoint`` has put there.
    """

    path: Path
    model: dict[str, Any]
    data: dict[str, Any] | None
    weights: dict[str, torch.Tensor]
    versions: dict[str, str]
    epoch: int | None
    trained: list[TrainedBefore]
    run: str | None = None
    own: dict[str, Any] = {}  # noqa: RUF012 (nobody changes it)

    @property
    def of_another_version(self) -> str:
        """Half a sentence for what may be because this is another version; nothing if it is the same."""
        written, here = self.versions.get("cryptoforecast", "an earlier version"), VERSIONS["cryptoforecast"]
        return "" if written == here else f" (it was written by cryptoforecast {written}, and this is {here})"


def read_checkpoint(path: str | Path) -> Checkpoint:
    """Read a checkpoint without running any code that it may hold.

    Raises:
        UserError: if there is no such file, or it is no checkpoint of ours.
    """
    path = Path(path).expanduser()
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
    return checkpoint_of(content, path)


def checkpoint_of(content: Any, path: Path) -> Checkpoint:
    """What a checkpoint holds.

    Args:
        content: of the file, as torch has read it without running any code.
        path: the file, for errors.

    Raises:
        UserError: if it is no checkpoint of ours.
    """
    record = content.get("cryptoforecast") if isinstance(content, dict) else None
    if not isinstance(record, dict) or "state_dict" not in content:
        raise UserError(f"{path}: a checkpoint, but not one that cryptoforecast has written.")
    checkpoint = Checkpoint(
        path,
        record.get("model", {}),
        record.get("data"),
        content["state_dict"],
        record.get("versions", {}),
        _first_to_validate(content) if "optimizer_states" in content else None,
        told_by(path, record),
        record.get("run"),
        {name: value for name, value in content.items() if name not in OF_LIGHTNING},
    )
    if not {"class_path", "init_args"} <= checkpoint.model.keys():
        raise UserError(f"{path}: does not say what model it is of{checkpoint.of_another_version}.")
    return checkpoint


def _first_to_validate(content: dict[str, Any]) -> int:
    loops = content["loops"]["fit_loop"]
    validated = loops["epoch_loop.val_loop.batch_progress"]["total"]["completed"] > 0  # in the epoch under way
    return int(loops["epoch_progress"]["current"]["processed"]) + int(validated)


def load_forecaster(checkpoint: str | Path | Checkpoint) -> Forecaster:
    """The forecaster of a checkpoint, ready to forecast.

    Raises:
        UserError: if its class cannot be found, is no forecaster, or does not fit the weights.
    """
    if not isinstance(checkpoint, Checkpoint):
        checkpoint = read_checkpoint(checkpoint)
    forecaster = make_forecaster(checkpoint.model, str(checkpoint.path), checkpoint.of_another_version)
    load_weights(forecaster, checkpoint)
    if checkpoint.weights:
        note_loading(forecaster, checkpoint.trained)
    return forecaster.eval()


def make_forecaster(record: dict[str, Any], of: str, doubt: str = "") -> Forecaster:
    """A forecaster from its record, as :meth:`Forecaster.record` wrote it; its weights are new.

    Args:
        record: class path and arguments.
        of: whose record it is, for errors.
        doubt: what may be the reason of one.

    Raises:
        UserError: if there is no such class, it is no forecaster, or it takes other arguments.
    """
    parser = ArgumentParser(exit_on_error=False)
    parser.add_subclass_arguments(Forecaster, "model", fail_untyped=False)
    try:
        forecaster: Forecaster = parser.instantiate(parser.parse_object({"model": record})).model
    except (ArgumentError, ValueError, TypeError) as problem:
        reason = str(problem).strip().splitlines()[-1].strip(" -").rstrip(".")
        raise UserError(f"{of}: needs {record['class_path']}, which cannot be made here: {reason}{doubt}.") from None
    return forecaster


def require_same_model(forecaster: Forecaster, checkpoint: Checkpoint) -> None:
    """See that training goes on with the model that a checkpoint holds.

    Raises:
        UserError: naming the first setting that differs.
    """
    now, before = forecaster.record(), checkpoint.model
    held_arguments = {"columns": [CLOSE], **before["init_args"]}  # once there was nothing but the close
    settings = [("class_path", now["class_path"], before["class_path"])]
    settings += [(name, value, held_arguments.get(name)) for name, value in now["init_args"].items()]
    for name, value, held in settings:
        if value != held and name not in ("optimizer", "scheduler"):
            raise UserError(f"{checkpoint.path}: has model.{name} {held}, and now it is {value}; go on with the same.")


def load_weights(forecaster: Forecaster, checkpoint: Checkpoint) -> None:
    """Put a checkpoint's weights into a forecaster.

    Raises:
        UserError: if they are another model's.
    """
    forecaster.configure_model()  # it may make its layers there
    if is_written(forecaster, "on_load_checkpoint", Forecaster):
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
    if data.interval.value != checkpoint.data["interval"]:
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
