"""``fit --ckpt_path``: to go on in the run folder of a checkpoint as if nothing had happened."""

import shutil
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Trainer

from cryptoforecast.data.batches import BatchOrder, WindowLoader
from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.errors import DataNotice, UserError
from cryptoforecast.locks import alone_in
from cryptoforecast.models import Forecaster
from cryptoforecast.models.checkpoints.compare import require_same_model
from cryptoforecast.models.checkpoints.file import Checkpoint, read_checkpoint
from cryptoforecast.models.checkpoints.provenance import VERSIONS
from cryptoforecast.training.ledger_entries import compare_with_fit
from cryptoforecast.training.lightning.loggers import continue_loggers
from cryptoforecast.training.lightning.loop_state import (
    fit_loop_state,
    is_mid_epoch,
    loader_states,
    num_epochs_trained,
)
from cryptoforecast.training.lightning.resumption import Resumption
from cryptoforecast.training.lightning.trainer_state import configured_optimizers, has_started_an_epoch
from cryptoforecast.training.resume_rules import changes, refuse_changes, require_length
from cryptoforecast.training.resume_settings import settings_of_fit, settings_of_learning
from cryptoforecast.training.run_folder import (
    CHECKPOINTS,
    CONFIGURATION,
    checkpoint_folders,
    keep_checkpoints_in,
    newest_checkpoint,
    run_folder_of,
    runs_root_of,
)
from cryptoforecast.training.run_record import create_run_folder
from cryptoforecast.training.seeding import SeedEachBatch
from cryptoforecast.training.settings.arguments import value_of
from cryptoforecast.training.settings.configuration import CONFIG, require_own


def with_configuration_of_run(words: list[str], checkpoint: Checkpoint) -> list[str]:
    """A command line that goes on from a checkpoint; where it names no configuration, on top of the run's own.

    Raises:
        UserError: if that is another user's.
    """
    run = run_folder_of(checkpoint)
    if run is None or any(value_of(option, words) for option in CONFIG):
        return words
    require_own(run / CONFIGURATION)
    return [words[0], "--config", str(run / CONFIGURATION), *words[1:]]


def find_last_checkpoint(chosen: Any, rename: Mapping[str, str]) -> Checkpoint | None:
    """The checkpoint that ``--ckpt_path last`` means; said, if there is none and a new run begins.

    Args:
        chosen: the options of ``fit``, with logger and callbacks made; the path is put in its place.
        rename: class paths that a checkpoint may have by their old names, old to new.
    """
    path = newest_checkpoint(chosen.trainer)
    chosen["ckpt_path"] = None if path is None else str(path)
    if path is not None:
        return read_checkpoint(path, rename)
    where = dict.fromkeys(str(place) for place in (*checkpoint_folders(chosen.trainer), runs_root_of(chosen.trainer)))
    warnings.warn(f"{', '.join(where)}: no run has a checkpoint yet; a new one begins.", DataNotice, stacklevel=2)
    return None


def require_resumable(
    checkpoint: Checkpoint, model: Forecaster, data: CloseDataModule, trainer: Trainer, seed: object
) -> None:
    """See, before anything is written, that training can go on; say what may keep it from being exact.

    Args:
        checkpoint: what to go on from.
        model: the model, made anew.
        data: set up.
        trainer: what is to train on.
        seed: what ``seed_everything`` is.

    Raises:
        UserError: if it holds weights only or another model's, or a setting has changed that may not.
    """
    if checkpoint.epoch is None:
        raise UserError(f"{checkpoint.path}: holds weights only; training goes on from a whole checkpoint.")
    require_same_model(model, checkpoint)
    _require_settings(checkpoint.path, model, data, trainer, seed)
    compare_with_fit(checkpoint, model, data, "the fit goes on with the code as it is now.")
    for package, here in VERSIONS.items():
        written = checkpoint.versions.get(package, "an earlier version")
        if written != here:
            _notice(f"the checkpoint was written with {package} {written}, and this is {here}; the bits may differ.")
    before = {record["symbol"]: record["sha256"] for record in checkpoint.data["provenance"]} if checkpoint.data else {}
    for one in data.series:
        if before.get(one.provenance.symbol, one.provenance.sha256) != one.provenance.sha256:
            _notice(
                f"the closes of {one.provenance.symbol} are not those that the fit began with; it goes on with them."
            )


def _require_settings(path: Path, model: Forecaster, data: CloseDataModule, trainer: Trainer, seed: object) -> None:
    """See that nothing has changed that may not: what has changed and may, the fit itself says when it begins."""
    content = torch.load(path, map_location="cpu", weights_only=True)
    loops, states = fit_loop_state(content), content["callbacks"]
    require_length(trainer, num_epochs_trained(loops), path)
    order = BatchOrder(data.fold.train, data.batch_size * trainer.world_size)
    for place in loader_states(loops):
        WindowLoader(data.windows, order).load_state_dict(place)
    before = dict(states.get(Resumption().state_key, {}).get("settings", {}))
    learning = _settings_of_learning(model)
    if learning is None:  # it needs the trainer, and is looked at as the fit begins
        before = {name: value for name, value in before.items() if not name.startswith("model.")}
    now = settings_of_fit(trainer, data) | (learning or {})
    noise = states.get(SeedEachBatch().state_key)
    if noise and type(seed) is int:
        before["seed_everything"], now["seed_everything"] = noise["seed"], seed
    refuse_changes(changes(before, now) if len(before) > 1 else (), path, is_mid_epoch(loops))


def _settings_of_learning(model: Forecaster) -> dict[str, Any] | None:
    """Settings of the optimizers that a model makes; None if it cannot make them without a trainer."""
    try:
        return settings_of_learning(*configured_optimizers(model))
    except (RuntimeError, AttributeError, TypeError):
        return None


@contextmanager
def open_run_folder(trainer: Trainer, checkpoint: Checkpoint | None, configuration: str) -> Iterator[None]:
    """Have a run folder for oneself: a new one, or that of a checkpoint which training goes on from.

    Args:
        trainer: has not written anything yet.
        checkpoint: to go on from.
        configuration: what a new run's ``config.yaml`` is to hold.

    Raises:
        UserError: if it is another's.
    """
    run = None if checkpoint is None else run_folder_of(checkpoint)
    if not trainer.is_global_zero:  # the first process does it for all
        yield
        return
    goes_on, run = run is not None, run or create_run_folder(trainer, configuration)
    if run is None:
        yield
        return
    with alone_in(run, "another fit is at work here; wait for it, or begin a new one without --ckpt_path."):
        if checkpoint is not None and goes_on:
            continue_loggers(trainer.loggers, run, checkpoint.epoch or 0)
            for unfinished in (run / CHECKPOINTS).rglob(".*.ckpt.*"):  # of a process killed while it wrote
                unfinished.unlink(missing_ok=True)
        keep_checkpoints_in(trainer, run)
        try:
            yield
        except BaseException:
            if not goes_on and not has_started_training(trainer):  # a setting was refused; there is nothing to keep
                remove_run(run)
            raise


def remove_run(run: Path) -> None:
    """Remove a run that did not come to anything; of a folder that was there before it, only its configuration."""
    claimed = (run / CONFIGURATION).stat().st_mtime_ns
    if any(file.stat().st_mtime_ns < claimed for file in run.rglob("*") if file.is_file()):
        (run / CONFIGURATION).unlink()
    else:
        shutil.rmtree(run, ignore_errors=True)


def has_started_training(trainer: Trainer) -> bool:
    """Whether a trainer has come as far as its first batch, or found that there is none left."""
    resumption = [one for one in trainer.callbacks if isinstance(one, Resumption)]  # type: ignore[attr-defined]
    return has_started_an_epoch(trainer) or any(one.trained for one in resumption)


def _notice(sentence: str) -> None:
    warnings.warn(sentence, DataNotice, stacklevel=3)
