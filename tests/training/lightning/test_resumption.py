"""Training that was killed goes on to the same bits, whatever was under way."""

import contextlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback, Trainer, seed_everything
from lightning.pytorch.callbacks import EarlyStopping, EMAWeightAveraging, ModelCheckpoint
from lightning.pytorch.cli import ReduceLROnPlateau
from torch import Tensor
from torch.optim import Adam
from torch.optim.lr_scheduler import OneCycleLR, StepLR

from cryptoforecast import LSTM, Point, StudentT, exact
from cryptoforecast.models.heads.head import Head
from cryptoforecast.training.lightning.lean_loop import NoProfiler, use_lean_loop
from cryptoforecast.training.lightning.resumption import Resumption
from cryptoforecast.training.tensorboard import StepCurves
from tests.helpers import data_of, random_walk
from tests.models.helpers import LENGTHS, Kill, Killed

pytestmark = [
    pytest.mark.filterwarnings("ignore:Checkpoint directory"),
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
]
BATCHES = 7  # an epoch
MOMENTS = ["on_train_batch_end", "on_validation_end", "on_train_epoch_end", "on_train_epoch_start"]
KILLS = [("on_train_batch_end", 9), ("on_validation_end", 0), ("on_train_epoch_end", 0), ("on_train_batch_end", 5),
         ("on_train_epoch_start", 1), ("on_validation_end", 0)]  # fmt: skip


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
        kind: type[LSTM] = LSTM,
        head: Callable[[], Head] = Point,
        **settings: Any,
    ) -> None:
        self.lean, self.kind, self.head = lean, kind, head
        self.optimizer, self.scheduler, self.workers = partial(Adam, lr=rate), scheduler, workers
        self.best, self.others, self.last = best, others, last or {"every_n_train_steps": often}
        self.settings = {"max_epochs": 4, **settings}

    def train(self, folder: Path, kill: Kill, ckpt_path: Path | None = None) -> tuple[Trainer, LSTM]:
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
    "in mixed precision": Way(3, precision="bf16-mixed", max_epochs=3),
    "with a buffer that evaluation changes": Way(kind=Counting, max_epochs=3),
    "with a buffer that evaluation changes, from the last batch": Way(BATCHES, kind=Counting, max_epochs=3),
    "with a scheduler that asks for the count of steps": Way(3, kind=Asking, max_epochs=3),
    "with curves of a variant's own and of gradients": Way(3, StepCurves, kind=Drawing),
    "with averaged weights": Way(3, partial(EMAWeightAveraging, decay=0.9), max_epochs=3),
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


@pytest.mark.parametrize(
    "way", [pytest.param(way, id=name, marks=[pytest.mark.slow] * (way.workers > 0)) for name, way in WAYS.items()]
)
def test_killed_again_and_again_training_ends_in_the_same_bits(way: Way, tmp_path: Path) -> None:
    whole = flat(bits(*way.train(tmp_path / "whole", Kill())))
    kills, last = 0, tmp_path / "broken" / "last.ckpt"
    for hook, left in KILLS:
        with contextlib.suppress(Killed):
            way.train(tmp_path / "broken", Kill(hook, left), last if last.exists() else None)
            continue
        kills += 1
    assert kills >= 3
    assert last.exists()
    assert flat(bits(*way.train(tmp_path / "broken", Kill(), last))) == whole
    names = [{path.name for path in (tmp_path / run).glob("*.ckpt")} for run in ("whole", "broken")]
    assert names[0] == names[1]


def test_a_finished_training_has_nothing_left_to_train(tmp_path: Path) -> None:
    way = WAYS["with early stopping, from the end of an epoch"]
    whole, model = way.train(tmp_path, Kill())
    assert 0 < whole.current_epoch < 20
    again, same = way.train(tmp_path, Kill(), tmp_path / "last.ckpt")
    (resumption,) = (one for one in again.callbacks if isinstance(one, Resumption))
    assert not resumption.trained
    assert again.current_epoch == whole.current_epoch
    assert flat(same.state_dict()) == flat(model.state_dict())


NAMES = ["best", "{epoch}-{val/loss:.3f}", "{epoch}/{step}", "deep/er/{epoch}"]


@pytest.mark.parametrize("name", NAMES)
def test_a_checkpoint_whose_name_makes_folders_is_found_again_also_where_the_run_was_moved(
    name: str, tmp_path: Path
) -> None:
    def train(folder: Path, epochs: int, path: Path | None = None) -> ModelCheckpoint:
        best = ModelCheckpoint(dirpath=folder, monitor="val/loss", filename=name, save_top_k=2)
        way = Way(None, lambda: best, best=False, max_epochs=epochs)
        way.train(folder, Kill(), path)
        return best

    whole = train(tmp_path / "whole", 5)
    train(tmp_path / "first", 3)
    (tmp_path / "first").rename(tmp_path / "moved")
    again = train(tmp_path / "moved", 5, tmp_path / "moved" / "last.ckpt")
    for state, folder in ((whole, "whole"), (again, "moved")):
        assert Path(state.best_model_path).is_file()
        assert all(Path(path).is_relative_to(tmp_path / folder) for path in state.best_k_models)
    names = [
        {path.relative_to(tmp_path / folder) for path in (tmp_path / folder).rglob("*.ckpt")}
        for folder in ("whole", "moved")
    ]
    assert names[0] == names[1]
    best = [{Path(path).name: score for path, score in state.best_k_models.items()} for state in (whole, again)]
    assert best[0] == best[1]


@pytest.mark.parametrize("road", ["{folder}/../valuable.ckpt", "{home}/valuable.ckpt"])
def test_a_checkpoint_cannot_have_files_outside_its_run_deleted(road: str, tmp_path: Path) -> None:
    def train(epochs: int, path: Path | None = None) -> None:
        best = ModelCheckpoint(dirpath=tmp_path / "run", monitor="val/loss", save_top_k=1)
        Way(None, lambda: best, best=False, max_epochs=epochs).train(tmp_path / "run", Kill(), path)

    train(1)
    valuable, hostile = tmp_path / "valuable.ckpt", tmp_path / "run" / "last.ckpt"
    valuable.write_text("of somebody else")
    content = torch.load(hostile, weights_only=True)
    named = road.format(folder=tmp_path / "run", home=tmp_path)
    (state,) = (one for name, one in content["callbacks"].items() if "val/loss" in name)
    state.update(best_k_models={named: torch.tensor(9.0)}, kth_best_model_path=named, kth_value=torch.tensor(9.0))
    state.update(best_model_path=named, last_model_path=named)
    torch.save(content, hostile)
    train(4, hostile)
    assert valuable.read_text() == "of somebody else"


def test_a_checkpoint_that_nobody_counts_on_is_overwritten_and_the_newest_keeps_its_name(tmp_path: Path) -> None:
    way = Way(last={}, best=False, max_epochs=2, check_val_every_n_epoch=3)
    trainer, _ = way.train(tmp_path, Kill())  # ends before the first validation, with which it would keep a checkpoint
    trainer.save_checkpoint(tmp_path / "last.ckpt")
    for epochs in (6, 9):
        way.settings["max_epochs"] = epochs
        trainer, _ = way.train(tmp_path, Kill(), tmp_path / "last.ckpt")
        assert trainer.global_step == epochs * BATCHES
        assert [path.name for path in tmp_path.glob("*.ckpt")] == ["last.ckpt"]
        assert torch.load(tmp_path / "last.ckpt", weights_only=True)["epoch"] == epochs - 1
