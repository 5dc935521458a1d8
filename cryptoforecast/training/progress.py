"""Progress of a fit: what is trained, and a line for each epoch."""

import time
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from cryptoforecast.data.datamodule import CloseDataModule, datamodule_of
from cryptoforecast.data.series import CLOSE, CloseSeries
from cryptoforecast.data.times import say_time
from cryptoforecast.models.contract.learned import is_estimator
from cryptoforecast.training.lightning.trainer_state import goes_on_within_an_epoch
from cryptoforecast.training.run_folder import run_folder

COLUMNS = {
    "train/loss": "train loss",
    "val/loss": "val loss",
    "val/loss_random_walk": "random walk's",
    "val/skill": "skill",
}
NO_RUN = "none, for trainer.logger is false: no configuration is kept with the checkpoints"
WIDTH = 15
REFRESH = 0.2  # seconds between two updates of the bar; Lightning's bar updates with each batch, which takes longer
ERASE_LINE = "\r\033[K"


class EpochLines(Callback):
    """Prints data, model and run folder, and for each epoch the losses, the random walk's loss and the skill in price.

    Args:
        bar: whether to show the number of finished batches, on a terminal.
    """

    def __init__(self, bar: bool = False) -> None:
        self.bar = bar
        self._epoch: int | None = None
        self._validated = False
        self._began = 0.0
        self._due = 0.0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Print data, model, device and run folder."""
        if not trainer.is_global_zero:
            return
        if data := datamodule_of(trainer):
            print("\n".join(describe_data(data)))
        print(f"model    {_describe_model(pl_module, data)}, on {pl_module.device}")
        print(f"run      {run_folder(trainer) or NO_RUN}")
        if goes_on_within_an_epoch(trainer):
            self._epoch, self._began = trainer.current_epoch, time.monotonic()
        print(f"\n{'epoch':>5}" + "".join(f"{title:>{WIDTH}}" for title in COLUMNS.values()) + f"{'seconds':>10}")

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Print the line of the previous epoch, whose training loss is known now, and start the clock."""
        self._print_line(trainer)
        self._epoch, self._validated, self._began = trainer.current_epoch, False, time.monotonic()

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Update the bar if ``REFRESH`` seconds have passed."""
        if self.bar and (now := time.monotonic()) >= self._due:
            self._due = now + REFRESH
            if trainer.is_global_zero:
                done = f"{batch_idx + 1:,} of {trainer.num_training_batches:,} batches"
                print(f"{ERASE_LINE}{trainer.current_epoch:>5}{done:>{WIDTH + 15}}", end="", flush=True)

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Store that there was a validation in this epoch."""
        self._validated = True

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Print the last epoch's line."""
        self._print_line(trainer)

    def _print_line(self, trainer: Trainer) -> None:
        if self._epoch is None or not trainer.is_global_zero:
            return
        known = {name for name in COLUMNS if self._validated or name.startswith("train")}
        numbers = (_number(trainer.callback_metrics.get(name) if name in known else None, name) for name in COLUMNS)
        line = f"{self._epoch:>5}" + "".join(numbers) + f"{time.monotonic() - self._began:>10.1f}"
        print(f"{ERASE_LINE}{line}" if self.bar else line, flush=True)
        self._epoch = None


def describe_data(data: CloseDataModule) -> list[str]:
    """Lines that describe the closes, one for each series, and the sets of windows."""
    apart = f"{data.interval} apart"
    closes = [_describe_series(series, apart if len(data.series) == 1 else "") for series in data.series]
    if len(closes) > 1:
        closes = [f"{len(closes)} series, {apart}", *closes]
    seen = "closes" if data.columns == (CLOSE,) else f"bars ({', '.join(data.columns)})"
    sets = ", ".join(_describe_set(name, data) for name in ("train", "val", "test"))
    return [
        *(f"{'' if at else 'closes':<9}{line}" for at, line in enumerate(closes)),
        f"windows  {data.context_length} {seen} to forecast {data.horizon}: {sets}",
    ]


def _describe_series(series: CloseSeries, apart: str) -> str:
    used, closes = series.provenance, series.closes
    files = f" ({', '.join(used.files)})" if used.files else ""
    dates = f"from {say_time(closes.index[0])} to {say_time(closes.index[-1])}"
    return f"{used.symbol}: {used.rows:,} {dates},{f' {apart},' if apart else ''} from {used.source}{files}"


def _describe_model(model: LightningModule, data: CloseDataModule | None) -> str:
    if data is not None and is_estimator(type(model)):
        return f"{type(model).__name__}, fitted in one go to {len(data.fold.train):,} windows"
    return f"{type(model).__name__}, {sum(weight.numel() for weight in model.parameters()):,} weights"


def _describe_set(name: str, data: CloseDataModule) -> str:
    members = getattr(data.fold, name)
    return f"{len(members):,} {name} from {say_time(data.first_target_time(members))}" if len(members) else f"no {name}"


def _number(value: torch.Tensor | None, name: str) -> str:
    style = "+.4f" if name == "val/skill" else "#.4g"
    return f"{'' if value is None else format(value.item(), style):>{WIDTH}}"
