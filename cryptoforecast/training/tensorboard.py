"""What a run shows in TensorBoard beside the curves over its epochs: loss by step, settings, verdicts.

Two folders in the run's own hold them, which TensorBoard shows as runs: ``steps``, since a curve by step goes on from
another place than curves by epoch, and ``verdict``, since the HParams page takes each curve of a run for a metric.
"""

import textwrap
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.loggers import TensorBoardLogger
from torch import nn
from torch.optim import Optimizer

from cryptoforecast.evaluation.printed_verdict import print_verdict
from cryptoforecast.evaluation.verdict import Verdict
from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.terminal import WIDTH, printed
from cryptoforecast.training.lightning.loggers import omit_hp_metric

STEPS, VERDICT = "steps", "verdict"
STEPS_BETWEEN_NORMS = 10  # a norm takes as long as one or two hundredths of a small network's step


class StepCurves(Callback):
    """Draws the training loss by step, and the norm of the gradients by epoch, in TensorBoard.

    The loss is that of the first batch and of each ``trainer.log_every_n_steps``-th, the norm, before clipping, the
    mean over every tenth step of an epoch. With ``trainer.log_every_n_steps`` 0 there is neither.
    """

    def __init__(self) -> None:
        self._writer: Any = None
        self._unwritten = False
        self._drawn = 0  # the last step that was

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """See that TensorBoard's loggers write no HParams page of their own, which would stand in the run's place."""
        omit_hp_metric(trainer.loggers)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Open the file of the loss; what it has of steps that are taken again is forgotten."""
        folder = tensorboard_folder(trainer)
        if folder is not None and trainer.log_every_n_steps:  # type: ignore[attr-defined]
            from torch.utils.tensorboard import SummaryWriter

            taken = trainer.global_step
            self._drawn = taken
            self._writer = SummaryWriter(folder / STEPS, purge_step=taken + 1 if taken else None)

    def on_before_optimizer_step(self, trainer: Trainer, pl_module: LightningModule, optimizer: Optimizer) -> None:
        """Add the norm of the gradients of every tenth step to the epoch's curve."""
        if trainer.global_step % STEPS_BETWEEN_NORMS or not trainer.log_every_n_steps:  # type: ignore[attr-defined]
            return
        gradients = [weights.grad for weights in pl_module.parameters() if weights.grad is not None]
        if gradients and isinstance(pl_module, Forecaster) and not any(gradient.is_sparse for gradient in gradients):
            pl_module._curves.add("train/gradient_norm", nn.utils.get_total_norm(gradients), 1)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Draw the loss of the batch, if it is this step's turn."""
        if self._writer is None or not isinstance(outputs, Mapping) or "loss" not in outputs:
            return
        step, every = trainer.global_step, trainer.log_every_n_steps  # type: ignore[attr-defined]
        if (step % every == 0 or step == 1) and step != self._drawn:
            loss = float(outputs["loss"]) * trainer.accumulate_grad_batches
            self._writer.add_scalar("train/loss_by_step", loss, step)
            self._drawn, self._unwritten = step, True

    def on_save_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        """Write what is drawn, so that a fit which goes on from the checkpoint finds all that came before it."""
        if self._unwritten:
            self._writer.flush()
            self._unwritten = False

    def teardown(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Close the file."""
        if self._writer is not None:
            self._writer.close()
            self._writer, self._unwritten = None, False


def tensorboard_folder(trainer: Trainer) -> Path | None:
    """The folder of a trainer's first TensorBoard logger; None without one, and in all processes but the first."""
    loggers = [logger for logger in trainer.loggers if isinstance(logger, TensorBoardLogger)]
    return Path(loggers[0].log_dir) if loggers and trainer.is_global_zero else None


def write_settings(folder: Path, settings: Mapping[str, bool | float | str]) -> None:
    """Enter a run's settings in TensorBoard's HParams page.

    Args:
        folder: the run's.
        settings: by name.
    """
    from tensorboard.plugins.hparams.summary_v2 import hparams_pb

    with _writing(folder / VERDICT) as add:
        add(hparams_pb(dict(settings), trial_id=f"{folder.parent.name}/{folder.name}"))


def write_verdict(folder: Path, verdict: Verdict) -> None:
    """Show a verdict in TensorBoard: its skill as a metric on the HParams page, and the whole of it as text.

    Nothing is written where the run has nothing in TensorBoard, or its folder cannot be written.

    Args:
        folder: the run's.
        verdict: on the validation or the test targets; of several, the last one is shown.
    """
    if not any(folder.glob("events.out.tfevents.*")):
        return
    from tensorboard.plugins.scalar.summary_v2 import scalar_pb
    from tensorboard.plugins.text.summary_v2 import text_pb

    text = _wrapped(printed(lambda console: print_verdict(verdict, console)))
    with suppress(OSError), _writing(folder / VERDICT) as add:
        add(scalar_pb(f"skill/{verdict.split}", verdict.skill))
        if verdict.distribution is not None:
            add(scalar_pb(f"density_skill/{verdict.split}", verdict.distribution.density_skill))
        add(text_pb(f"verdict/{verdict.split}", f"```\n{text}\n```"))


def _wrapped(text: str) -> str:
    """A text whose sentences are not longer than its tables, for TensorBoard cuts off what lies beyond the window."""
    lines = [line if line.startswith(" ") else textwrap.fill(line, WIDTH) for line in text.splitlines()]
    return "\n".join(lines)


@contextmanager
def _writing(folder: Path) -> Iterator[Any]:
    """A function that adds a summary to a new file of events; none of them has a step."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    writer = EventFileWriter(str(folder))
    try:
        yield lambda summary: writer.add_event(Event(wall_time=time.time(), summary=summary))
    finally:
        writer.close()
