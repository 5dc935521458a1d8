"""Train with a trainer: its options for progress and exact resuming, and errors in one sentence."""

import shlex
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lightning.pytorch import Callback, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint, ProgressBar

from cryptoforecast.errors import Interrupted, UserError
from cryptoforecast.models import Forecaster
from cryptoforecast.training.exact import as_list, exact
from cryptoforecast.training.lightning.lean_loop import NoProfiler, use_lean_loop
from cryptoforecast.training.lightning.resumption import Resumption
from cryptoforecast.training.malloc import keep_freed_memory
from cryptoforecast.training.monitored import choose_where_logged, keep_averaged_weights, require_chosen
from cryptoforecast.training.processes import fail_together
from cryptoforecast.training.progress import EpochLines
from cryptoforecast.training.run_folder import CHECKPOINTS, LAST, run_folder
from cryptoforecast.training.setting_errors import setting_errors_in_one_sentence
from cryptoforecast.training.tensorboard import StepCurves
from cryptoforecast.user_code.exception_origin import is_raised_by_user, passed_through

WRITERS = (
    "lightning/pytorch/loggers/",
    "lightning/fabric/loggers/",
    "tensorboard/",
    "cryptoforecast/training/run_record.py",
)


def options_for_fit(trainer: Any, progress: bool = True) -> dict[str, Any]:
    """Options of a trainer for ``fit``: progress, exact resuming, and the callbacks of :func:`exact`.

    Args:
        trainer: its options, instantiated.
        progress: whether to print a table with a line for each epoch.
    """
    shown = sys.stdout.isatty() if trainer.enable_progress_bar is None else trainer.enable_progress_bar
    given = as_list(trainer.callbacks)
    theirs = any(isinstance(callback, ProgressBar) for callback in given)
    return exact(
        enable_progress_bar=theirs,
        num_sanity_val_steps=trainer.num_sanity_val_steps or 0,  # check_before_fit has validated already
        profiler=trainer.profiler or NoProfiler(),
        callbacks=[*([EpochLines(bar=shown and not theirs)] if progress else []), StepCurves(), *given],
        plugins=trainer.plugins,
    )


def train(trainer: Trainer, model: Forecaster, **options: Any) -> str | None:
    """Train.

    Args:
        trainer: with the options of :func:`options_for_fit`.
        model: what is trained.
        options: of ``Trainer.fit``.

    Returns:
        The sentence that there was nothing left to train, and why; None if there was something.

    Raises:
        UserError: if a setting is at fault, a disk is full, or somebody has interrupted; or if no validation has logged
            the curve by which a checkpoint was to be chosen.
    """
    keep_freed_memory()
    use_lean_loop(trainer)
    choose_where_logged(trainer, model)
    try:
        with (
            setting_errors_in_one_sentence(),
            _writing_in_one_sentence(trainer),
            fail_together(trainer),
            _quiet_writers(),
        ):
            trainer.fit(model, **options)
    except SystemExit:  # Lightning's way to end on Ctrl-C
        last = (run_folder(trainer) or Path(trainer.default_root_dir)) / CHECKPOINTS / f"{LAST}.ckpt"
        how = f"; go on with --ckpt_path {shlex.quote(str(last))}" if last.exists() else ""
        raise Interrupted(f"interrupted{how}.") from None
    require_chosen(trainer, model)
    keep_averaged_weights(trainer)
    callbacks: list[Callback] = trainer.callbacks  # type: ignore[attr-defined]
    resumption = next(callback for callback in callbacks if isinstance(callback, Resumption))
    path = options.get("ckpt_path")
    if path and (why := resumption.nothing_left(trainer)) is not None and trainer.is_global_zero:
        return f"{path}: there is nothing left to train after {trainer.current_epoch} epochs{why}."
    return None


@contextmanager
def _writing_in_one_sentence(trainer: Trainer) -> Iterator[None]:
    """Turn an OSError of a write into a run folder into a UserError that names the file; raise others unchanged."""
    try:
        yield
    except (OSError, ValueError) as problem:  # TensorBoard raises ValueError for a full disk
        cause = problem if isinstance(problem, OSError) else problem.__cause__
        if not isinstance(cause, OSError) or is_raised_by_user(problem) or not passed_through(cause, WRITERS):
            raise
        file = cause.filename or run_folder(trainer)
        raise UserError(f"{file}: cannot be written ({cause.strerror}); what was saved before is kept.") from None


@contextmanager
def _quiet_writers() -> Iterator[None]:
    """Hide the traceback of TensorBoard's thread for a full disk; its next write raises an error in this thread."""
    before = threading.excepthook
    threading.excepthook = lambda failed: None if isinstance(failed.exc_value, OSError) else before(failed)
    try:
        yield
    finally:
        threading.excepthook = before


def best_checkpoint(trainer: Trainer, given: Any) -> str:
    """The path of the best checkpoint by the first given callback that monitors a metric; without one, of the last.

    Args:
        trainer: has fitted.
        given: the callbacks in the user's order.
    """
    kept = [callback for callback in as_list(given) if isinstance(callback, ModelCheckpoint)]
    judging = [callback for callback in kept if callback.monitor is not None] or kept
    return str(getattr(judging[0] if judging else trainer.checkpoint_callback, "best_model_path", ""))
