"""``fit --ckpt_path``: resume a fit in the run folder of its checkpoint."""

import shutil
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Trainer

from cryptoforecast.data.batches import WindowLoader
from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.processes import Process
from cryptoforecast.data.training_order import training_order
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
    """A command line that resumes from a checkpoint, with the run's configuration if it names none.

    Raises:
        UserError: if the run's configuration belongs to another user.
    """
    run = run_folder_of(checkpoint)
    if run is None or any(value_of(option, words) for option in CONFIG):
        return words
    require_own(run / CONFIGURATION)
    return [words[0], "--config", str(run / CONFIGURATION), *words[1:]]


def find_last_checkpoint(chosen: Any, rename: Mapping[str, str]) -> Checkpoint | None:
    """The checkpoint that ``--ckpt_path last`` means; None, with a notice, if there is none and a new run begins.

    Args:
        chosen: the options of ``fit`` with logger and callbacks instantiated; ``ckpt_path`` is set in place.
        rename: new class paths by the old ones that a checkpoint may have.
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
    """Check, before anything is written, that a fit can be resumed; give a notice of what may make it inexact.

    Args:
        checkpoint: from which to resume.
        model: a new model, not restored yet.
        data: set up.
        trainer: will train.
        seed: the option ``seed_everything``.

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
    for series in data.series:
        if before.get(series.provenance.symbol, series.provenance.sha256) != series.provenance.sha256:
            _notice(
                f"the closes of {series.provenance.symbol} are not those that the fit began with; it goes on with them."
            )


def _require_settings(path: Path, model: Forecaster, data: CloseDataModule, trainer: Trainer, seed: object) -> None:
    """Check that no setting has changed that may not; changes that are allowed are reported when training starts."""
    content = torch.load(path, map_location="cpu", weights_only=True)
    loops, states = fit_loop_state(content), content["callbacks"]
    require_length(trainer, num_epochs_trained(loops), path)
    order = training_order(data, Process(world_size=trainer.world_size), seed=0)
    for place in loader_states(loops):
        WindowLoader(data.windows, order).load_state_dict(place)
    before = dict(states.get(Resumption().state_key, {}).get("settings", {}))
    learning = _settings_of_learning(model)
    if learning is None:  # they need the trainer, and are compared when training starts
        before = {name: value for name, value in before.items() if not name.startswith("model.")}
    now = settings_of_fit(trainer, data) | (learning or {})
    seeding = states.get(SeedEachBatch().state_key)
    if seeding and type(seed) is int:
        before["seed_everything"], now["seed_everything"] = seeding["seed"], seed
    refuse_changes(changes(before, now) if len(before) > 1 else (), path, is_mid_epoch(loops))


def _settings_of_learning(model: Forecaster) -> dict[str, Any] | None:
    """The settings of a model's optimizers and schedulers; None if it needs a trainer to create them."""
    try:
        return settings_of_learning(*configured_optimizers(model))
    except (RuntimeError, AttributeError, TypeError):
        return None


@contextmanager
def open_run_folder(trainer: Trainer, checkpoint: Checkpoint | None, configuration: str) -> Iterator[None]:
    """A context with a run folder in which no other fit works: a new one, or that of the checkpoint to resume from.

    Args:
        trainer: has not written anything yet.
        checkpoint: from which to resume.
        configuration: content of ``config.yaml`` for a new run.

    Raises:
        UserError: if another fit is at work there.
    """
    run = None if checkpoint is None else run_folder_of(checkpoint)
    if not trainer.is_global_zero:  # the first process opens it for all
        yield
        return
    goes_on, run = run is not None, run or create_run_folder(trainer, configuration)
    if run is None:
        yield
        return
    with alone_in(run, "another fit is at work here; wait for it, or begin a new one without --ckpt_path."):
        if checkpoint is not None and goes_on:
            continue_loggers(trainer.loggers, run, checkpoint.epoch or 0)
            for unfinished in (run / CHECKPOINTS).rglob(".*.ckpt.*"):  # left by a process that was killed
                unfinished.unlink(missing_ok=True)
        keep_checkpoints_in(trainer, run)
        try:
            yield
        except BaseException:
            if not goes_on and not has_started_training(trainer):  # a setting was refused
                remove_run(run)
            raise


def remove_run(run: Path) -> None:
    """Remove the folder of a run that has not started; if it had files before, only the configuration."""
    claimed = (run / CONFIGURATION).stat().st_mtime_ns
    if any(file.stat().st_mtime_ns < claimed for file in run.rglob("*") if file.is_file()):
        (run / CONFIGURATION).unlink()
    else:
        shutil.rmtree(run, ignore_errors=True)


def has_started_training(trainer: Trainer) -> bool:
    """Whether a trainer has reached its first batch, or found that none is left."""
    resumption = [callback for callback in trainer.callbacks if isinstance(callback, Resumption)]  # type: ignore[attr-defined]
    return has_started_an_epoch(trainer) or any(callback.trained for callback in resumption)


def _notice(sentence: str) -> None:
    warnings.warn(sentence, DataNotice, stacklevel=3)
