"""A fit that was killed goes on to the same bits, in the same folder."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from tests.conftest import Said, random_walk, write_yahoo

TypeIn = Callable[..., Said]
BEST = "{class_path: ModelCheckpoint, init_args: {monitor: val/loss, filename: best}}"
LAST = "{class_path: ModelCheckpoint, init_args: {filename: last}}"
OFTEN = "{class_path: ModelCheckpoint, init_args: {filename: last, every_n_train_steps: %d}}"
PATIENT = "{class_path: EarlyStopping, init_args: {monitor: val/loss, patience: 1}}"
FIT = ("fit", "--model=LSTM", "--model.hidden_size=2", "--data.context_length=6", "--data.batch_size=16",
       "--data.source=CsvSource", "--data.source.path=COIN-USD.csv", "--seed_everything=7", "--trainer.max_epochs=4",
       "--trainer.accelerator=cpu", "--trainer.logger=TensorBoardLogger", "--trainer.logger.save_dir=runs",
       "--trainer.logger.name=coin", "--model.optimizer=Adam", "--model.optimizer.lr=0.02")  # fmt: skip
PLATEAU = ("--model.scheduler=lightning.pytorch.cli.ReduceLROnPlateau", "--model.scheduler.monitor=val/loss",
           "--model.scheduler.patience=0", "--model.scheduler.factor=0.5", "--model.scheduler.threshold=0.01")  # fmt: skip
STEPS = ("--model.scheduler=StepLR", "--model.scheduler.step_size=2", "--model.scheduler.gamma=0.3")
DROPOUT = "--model.dropout=0.3"
CHOSEN = f"--trainer.callbacks=[{BEST}, {LAST}]"


def often(steps: int, *others: str) -> str:
    return f"--trainer.callbacks=[{', '.join([BEST, *others, OFTEN % steps])}]"


WAYS = {
    "at the end of an epoch": (CHOSEN, DROPOUT),
    "in the middle of an epoch": (often(3), DROPOUT),
    "at the last batch of an epoch, before its validation": (often(7), DROPOUT),
    "with early stopping": (often(7, PATIENT), DROPOUT, "--model.optimizer.lr=0.3", "--trainer.max_epochs=9"),
    "with a scheduler": (often(3), DROPOUT, *STEPS),
    "with a plateau scheduler at the end": (CHOSEN, DROPOUT, *PLATEAU, "--trainer.max_epochs=6"),
    "with a plateau scheduler in the middle": (often(3), DROPOUT, *PLATEAU, "--trainer.max_epochs=6"),
    "with gradients accumulated": (often(2), DROPOUT, "--trainer.accumulate_grad_batches=3"),
    "with validations within the epoch": (often(1, PATIENT), DROPOUT, "--trainer.val_check_interval=3"),
    "after validations amid gathered gradients": (
        f"--trainer.callbacks=[{BEST.replace('best', 'last')}]", DROPOUT, "--trainer.val_check_interval=4",
        "--trainer.accumulate_grad_batches=3", "--model.optimizer.lr=0.001"),
    "with a validation every other epoch": (often(7), DROPOUT, "--trainer.check_val_every_n_epoch=2"),
    "of a count of steps": (CHOSEN, DROPOUT, "--trainer.max_steps=25", "--trainer.max_epochs=-1"),
    "of a count of steps, in the middle": (often(4), DROPOUT, "--trainer.max_steps=25", "--trainer.max_epochs=-1"),
    "with processes that gather batches": (often(3), DROPOUT, "--data.num_workers=1", "--trainer.max_epochs=2"),
}  # fmt: skip
MOMENTS = ["on_train_batch_end", "on_validation_end", "on_train_epoch_end", "on_train_epoch_start"]


class Killed(BaseException):
    """What comes of a kill, as far as one process can play it: nothing is done any more."""


class Kill(Callback):
    """Ends the n-th call of a hook, after the other callbacks' and before the checkpoints are written."""

    hook, left = "", math.inf

    def count(self, trainer: Trainer, module: LightningModule, *_: Any) -> None:
        if not trainer.sanity_checking:
            type(self).left -= 1
            if self.left < 0:
                raise Killed


for name in MOMENTS:
    setattr(Kill, name, lambda self, *given, name=name: self.count(*given) if name == self.hook else None)


def weights(run: Path, name: str = "last") -> dict[str, torch.Tensor]:
    content = torch.load(run / "checkpoints" / f"{name}.ckpt", weights_only=True)
    flat = {f"weight {key}": value for key, value in content["state_dict"].items()}
    for state in content["optimizer_states"]:
        for number, moments in state["state"].items():
            flat |= {f"{key} {number}": value for key, value in moments.items()}
        flat["rate"] = torch.tensor(state["param_groups"][0]["lr"], dtype=torch.float64)
    return flat


def best(run: Path) -> tuple[str, float]:
    callbacks = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)["callbacks"]
    (state,) = (state for key, state in callbacks.items() if "'val/loss'" in key and "ModelCheckpoint" in key)
    return Path(state["best_model_path"]).name, state["best_model_score"].item()


def curves(run: Path) -> dict[str, list[tuple[int, float]]]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(run))
    events.Reload()
    return {tag: [(one.step, one.value) for one in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


@pytest.fixture
def coin(tmp_path: Path, type_in: TypeIn) -> TypeIn:
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(140))
    return type_in


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_killed_again_and_again_a_fit_ends_in_the_same_bits(
    way: tuple[str, ...], coin: TypeIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cryptoforecast.cli import training

    around = training.surroundings_of_fit
    monkeypatch.setattr(
        "cryptoforecast.cli.commands.surroundings_of_fit",
        lambda options: {**(given := around(options)), "callbacks": [Kill(), *given["callbacks"]]},
    )
    said = coin(*FIT, *way, "--trainer.logger.name=whole")
    assert said.status == 0, said.err
    whole, broken = tmp_path / "runs" / "whole" / "version_0", tmp_path / "runs" / "coin" / "version_0"
    words: tuple[object, ...] = (*FIT, *way)
    for hook, left in zip(MOMENTS * 2, [9, 0, 0, 1, 4, 1, 1, 0], strict=True):
        monkeypatch.setattr(Kill, "hook", hook)
        monkeypatch.setattr(Kill, "left", left)
        try:
            coin(*words)
        except Killed:
            pass
        if (broken / "checkpoints" / "last.ckpt").exists():
            words = ("fit", "--ckpt_path", broken / "checkpoints" / "last.ckpt")
    monkeypatch.setattr(Kill, "hook", "")
    said = coin(*words)
    assert said.status == 0, said.err
    assert [path.name for path in broken.parent.iterdir()] == ["version_0"]
    torch.testing.assert_close(weights(broken), weights(whole), rtol=0, atol=0)
    assert best(broken) == best(whole)
    assert curves(broken) == curves(whole)
