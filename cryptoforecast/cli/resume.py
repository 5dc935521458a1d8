"""``fit --ckpt_path``: to go on in the run folder of a checkpoint as if nothing had happened."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lightning.pytorch import Trainer
from lightning.pytorch.loggers import CSVLogger, Logger, TensorBoardLogger

from cryptoforecast.cli.arguments import CONFIG, value_of
from cryptoforecast.cli.lock import alone_in
from cryptoforecast.cli.record import CONFIGURATION, claim_run
from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.errors import DataNotice, UserError
from cryptoforecast.models import Forecaster
from cryptoforecast.models.checkpoint import Checkpoint, compare_with_training, read_checkpoint, require_same_model
from cryptoforecast.models.versions import VERSIONS

LAST = "last"
CHECKPOINTS, LAST_FILE = "checkpoints", "last.ckpt"


def run_of(path: str | Path) -> Path | None:
    """The run folder that a checkpoint lies in; None if it lies elsewhere."""
    folder = Path(path).expanduser().parent
    folder = folder if folder.name else folder.absolute()
    return folder.parent if folder.name == CHECKPOINTS and (folder.parent / CONFIGURATION).is_file() else None


def with_configuration_of_run(words: list[str], path: str) -> list[str]:
    """A command line that goes on from a checkpoint; where it names no configuration, on top of the run's own."""
    run = run_of(path)
    named = any(value_of(option, words) for option in CONFIG)
    return words if run is None or named else [words[0], "--config", str(run / CONFIGURATION), *words[1:]]


def find_checkpoint(chosen: Any) -> Checkpoint | None:
    """The checkpoint to go on from, if a fit's options name one; ``last`` is found, and put in its place.

    Args:
        chosen: the options, changed in place.
    """
    path = chosen.get("ckpt_path")
    if path == LAST:
        chosen["ckpt_path"] = path = newest_last(chosen.trainer)
    if path is None:
        return None
    checkpoint = read_checkpoint(path)
    chosen["ckpt_path"] = str(checkpoint.path)
    return checkpoint


def newest_last(trainer: Any) -> Path | None:
    """The last checkpoint of the newest run that has one, among those of a logger's name.

    Args:
        trainer: the trainer's options, whose logger says where runs go.

    Raises:
        UserError: if the logger does not say it.
    """
    settings = getattr(trainer.logger, "init_args", None)
    if settings is None or not getattr(settings, "save_dir", None):
        raise UserError("--ckpt_path last takes a trainer.logger with a save_dir, in which runs are; or name the file.")
    runs = Path(settings.save_dir, settings.get("name") or "")
    found = sorted(runs.glob(f"*/{CHECKPOINTS}/{LAST_FILE}"), key=lambda path: path.stat().st_mtime_ns)
    if not found:
        warnings.warn(f"{runs}: no run has a {LAST_FILE} yet; a new one begins.", DataNotice, stacklevel=2)
        return None
    return found[-1]


def write_on(logger: Logger, run: Path, epoch: int) -> None:
    """Let a logger write on into a run's folder.

    Args:
        logger: has not written anything yet.
        run: the folder.
        epoch: the one that training goes on in; what TensorBoard has of it, and of later ones, is drawn anew.
    """
    save_dir, name, version = str(run.parent.parent), run.parent.name, run.name
    if isinstance(logger, TensorBoardLogger):
        logger._root_dir, logger._name, logger._version = save_dir, name, version
        logger._kwargs["purge_step"], logger._default_hp_metric = epoch, False  # that one was written
    elif isinstance(logger, CSVLogger):
        logger._save_dir, logger._name, logger._version = save_dir, name, version
        written = run / "metrics.csv"
        if written.exists():  # the logger would remove it
            written.replace(run / f"metrics_until_epoch_{epoch}.csv")


def require_to_go_on(checkpoint: Checkpoint, model: Forecaster, data: CloseDataModule) -> None:
    """See that training can go on from a checkpoint, and say what may keep it from being exact.

    Raises:
        UserError: if it holds weights only, or another model's.
    """
    if checkpoint.epoch is None:
        raise UserError(f"{checkpoint.path}: holds weights only; training goes on from a whole checkpoint.")
    require_same_model(model, checkpoint)
    compare_with_training(checkpoint, data)
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


@contextmanager
def own_run(trainer: Trainer, checkpoint: Checkpoint | None, configuration: str) -> Iterator[None]:
    """Have a run folder for oneself: a new one, or that of a checkpoint which training goes on from.

    Args:
        trainer: has not written anything yet.
        checkpoint: to go on from.
        configuration: what a new run's ``config.yaml`` is to hold.

    Raises:
        UserError: if it is another's.
    """
    run = None if checkpoint is None else run_of(checkpoint.path)
    if not trainer.is_global_zero:  # the first process does it for all
        yield
        return
    if run is None:
        run = claim_run(trainer, configuration)
    if run is None:
        yield
        return
    with alone_in(run, "another fit is at work here; wait for it, or begin a new one without --ckpt_path."):
        if checkpoint is not None:
            for logger in trainer.loggers:
                write_on(logger, run, checkpoint.epoch or 0)
            for unfinished in (run / CHECKPOINTS).glob(".*.ckpt.*"):  # of a process killed while it wrote
                unfinished.unlink(missing_ok=True)
        yield


def _notice(sentence: str) -> None:
    warnings.warn(sentence, DataNotice, stacklevel=3)
