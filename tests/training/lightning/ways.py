"""Ways of training that a kill may end, as a user may choose them."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback, Trainer, seed_everything
from lightning.pytorch.callbacks import EarlyStopping, EMAWeightAveraging, ModelCheckpoint, StochasticWeightAveraging
from lightning.pytorch.cli import ReduceLROnPlateau
from torch import Tensor
from torch.optim import Adam
from torch.optim.lr_scheduler import OneCycleLR, StepLR

from cryptoforecast import GRU, LSTM, Point, StudentT, exact
from cryptoforecast.models.heads.head import Head
from cryptoforecast.training.lightning.lean_loop import NoProfiler, use_lean_loop
from cryptoforecast.training.tensorboard import StepCurves
from tests.helpers import data_of, random_walk
from tests.models.helpers import LENGTHS, Kill

BATCHES = 7  # an epoch


class Counting(LSTM):
    """Has a buffer that its forecasts change, in evaluation too."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.register_buffer("seen", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        self.seen += len(x)
        return super().forward(x) * (1 + 1e-6 * self.seen)


class Asking(LSTM):
    """Has a scheduler that asks the trainer how many steps there will be."""

    def configure_optimizers(self) -> Any:
        optimizer = Adam(self.parameters(), lr=0.01)
        scheduler = OneCycleLR(optimizer, max_lr=0.1, total_steps=int(self.trainer.estimated_stepping_batches))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}


class Drawing(LSTM):
    """Draws curves of its own."""

    def loss(self, forecast: Tensor, target: Tensor) -> Tensor:
        self.curve("own_loss", (forecast - target).abs().mean())
        return super().loss(forecast, target)


class Way:
    """A way of training, and what is written on the way: ``lean`` as the command line does, or with a plain Trainer."""

    def __init__(
        self,
        often: int | None = None,
        *others: Callable[[], Callback],
        rate: float = 0.02,
        scheduler: Any = None,
        best: bool = True,
        workers: int = 0,
        last: dict[str, Any] | None = None,
        lean: bool = True,
        kind: type[LSTM | GRU] = LSTM,
        head: Callable[[], Head] = Point,
        **settings: Any,
    ) -> None:
        self.lean, self.kind, self.head = lean, kind, head
        self.optimizer, self.scheduler, self.workers = partial(Adam, lr=rate), scheduler, workers
        self.best, self.others, self.last = best, others, last or {"every_n_train_steps": often}
        self.settings = {"max_epochs": 4, **settings}

    def train(self, folder: Path, kill: Kill, ckpt_path: Path | None = None) -> tuple[Trainer, LSTM | GRU]:
        """Make everything anew, as a new process does, and train."""
        seed_everything(7 if ckpt_path is None else 8)  # the checkpoint knows the seed
        data = data_of(random_walk(140), batch_size=16, num_workers=self.workers)
        model = self.kind(hidden_size=2, dropout=0.3, optimizer=self.optimizer, scheduler=self.scheduler,
                          head=self.head(), **LENGTHS)  # fmt: skip
        keep = partial(ModelCheckpoint, dirpath=folder)
        chosen = [*([keep(filename="best", monitor="val/loss")] if self.best else []), *(one() for one in self.others)]
        options = exact(
            callbacks=[kill, *chosen, keep(filename="last", **self.last)],
            accelerator="cpu",
            default_root_dir=folder,
            logger=False,
            enable_model_summary=False,
            enable_progress_bar=False,
            **self.settings,
        )
        trainer = Trainer(**options, profiler=NoProfiler() if self.lean else None)
        if self.lean:
            use_lean_loop(trainer)
        trainer.fit(model, data, ckpt_path=ckpt_path)
        return trainer, model


averaged_epochs = partial(StochasticWeightAveraging, swa_lrs=0.01, swa_epoch_start=2, annealing_epochs=3)
patience = partial(EarlyStopping, monitor="val/loss", patience=2)
on_ewma = partial(StudentT, relative_to="Ewma")
plateau = partial(ReduceLROnPlateau, monitor="val/loss", patience=0, factor=0.5, threshold=0.01)
WAYS = {
    "from the end of an epoch": Way(),
    "from the middle of an epoch": Way(3),
    "from the last batch of an epoch, before it is validated": Way(BATCHES),
    "with early stopping": Way(BATCHES, patience, rate=0.1, max_epochs=20),
    "with early stopping, from the end of an epoch": Way(None, patience, rate=0.1, max_epochs=20),
    "with a scheduler": Way(3, scheduler=partial(StepLR, step_size=2, gamma=0.3)),
    "with a plateau scheduler": Way(scheduler=plateau, max_epochs=6),
    "with a plateau scheduler, from the middle of an epoch": Way(3, scheduler=plateau, max_epochs=6),
    "with a plateau scheduler, from the last batch": Way(BATCHES, scheduler=plateau, max_epochs=6),
    "with gradients gathered": Way(2, accumulate_grad_batches=3),
    "with gradients gathered and validations amid them": Way(
        last={"monitor": "val/loss"}, best=False, rate=0.001, accumulate_grad_batches=3, val_check_interval=4
    ),
    "with validations within the epoch": Way(1, patience, val_check_interval=3),
    "with a validation every other epoch": Way(BATCHES, check_val_every_n_epoch=2),
    "with a part of each epoch": Way(5, limit_train_batches=5, check_val_every_n_epoch=2),
    "for a count of steps": Way(max_steps=25, max_epochs=-1),
    "for a count of steps, from the middle": Way(4, max_steps=25, max_epochs=-1),
    "with loaders made anew": Way(3, reload_dataloaders_every_n_epochs=1),
    "with a plain Trainer, from the end of an epoch": Way(None, patience, lean=False),
    "with a plain Trainer, from the middle of an epoch": Way(3, lean=False, accumulate_grad_batches=2),
    "with a plain Trainer, from the last batch": Way(BATCHES, scheduler=plateau, lean=False),
    "in double precision": Way(3, precision="64-true", max_epochs=3),
    "in mixed precision": Way(3, kind=GRU, precision="bf16-mixed", max_epochs=3),
    "with a buffer that evaluation changes": Way(kind=Counting, max_epochs=3),
    "with a buffer that evaluation changes, from the last batch": Way(BATCHES, kind=Counting, max_epochs=3),
    "with a scheduler that asks for the count of steps": Way(3, kind=Asking, max_epochs=3),
    "with curves of a variant's own and of gradients": Way(3, StepCurves, kind=Drawing),
    "with averaged weights": Way(3, partial(EMAWeightAveraging, decay=0.9), max_epochs=3),
    "with weights averaged over the last epochs": Way(None, averaged_epochs, max_epochs=4),
    "with a process that gathers batches": Way(3, workers=1, max_epochs=2),
    "with a head": Way(head=on_ewma),
    "with a head, from the middle of an epoch": Way(3, StepCurves, head=on_ewma),
    "with a head and a plain Trainer, from the middle of an epoch": Way(3, head=on_ewma, lean=False),
    "with a head on no rung": Way(3, head=partial(StudentT, relative_to="none")),
    "with a head and a process that gathers batches": Way(3, head=on_ewma, workers=1, max_epochs=2),
}


def bits(trainer: Trainer, model: LSTM) -> dict[str, Any]:
    """Weights, moments, what was found best, and where training stands."""
    (state,) = (optimizer.state_dict() for optimizer in trainer.optimizers)
    best = trainer.checkpoint_callback
    assert isinstance(best, ModelCheckpoint)
    return {
        "weights": model.state_dict(), "optimizer": state, "epoch": trainer.current_epoch, "step": trainer.global_step,
        "best": (best.best_model_score, Path(best.best_model_path).name),
        "losses": {name: value for name, value in trainer.callback_metrics.items() if name.endswith(("loss", "norm"))},
    }  # fmt: skip


def flat(value: Any, name: str = "") -> dict[str, Any]:
    if isinstance(value, dict | list | tuple):
        members = value.items() if isinstance(value, dict) else enumerate(value)
        return {whole: leaf for key, inner in members for whole, leaf in flat(inner, f"{name}.{key}").items()}
    return {name: value.tolist() if isinstance(value, torch.Tensor) else value}
