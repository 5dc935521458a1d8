"""A fit with Lightning's plain Trainer, which goes on from a checkpoint."""

from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback, LightningModule, Trainer, seed_everything
from lightning.pytorch.callbacks import ModelCheckpoint

from cryptoforecast import LSTM, exact
from cryptoforecast.training.checkpoint_io import AtomicCheckpointIO
from cryptoforecast.training.finite_loss import FiniteLoss
from cryptoforecast.training.lightning.resumption import Resumption
from cryptoforecast.training.seeding import SeedEachBatch
from tests.helpers import data_of, random_walk
from tests.models.helpers import LENGTHS, quiet_trainer

pytestmark = [
    pytest.mark.filterwarnings("ignore:Checkpoint directory"),
    pytest.mark.filterwarnings("ignore:The dirpath has changed"),
]
EPOCHS = 3


class Batches(Callback):
    """Notes which windows each epoch trains on, batch by batch."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, tuple[int, ...]]] = []

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, _: int
    ) -> None:
        self.seen.append((trainer.current_epoch, tuple(batch.origin.tolist())))


def fit(folder: Path, path: Path | None = None, **settings: Any) -> tuple[Trainer, LSTM, Batches]:
    """Train without any of our callbacks, with a checkpoint after each step and after each validation."""
    seed_everything(3)
    batches, keep = Batches(), {"dirpath": folder, "save_top_k": -1}
    kept = [ModelCheckpoint(filename="step-{step}", every_n_train_steps=1, **keep),
            ModelCheckpoint(filename="val-{step}", monitor="val/loss", **keep)]  # fmt: skip
    trainer = quiet_trainer(
        folder, **{"max_epochs": EPOCHS, "callbacks": [batches, *kept], "enable_checkpointing": True, **settings}
    )
    model = LSTM(hidden_size=2, **LENGTHS)
    trainer.fit(model, data_of(random_walk(90), batch_size=16), ckpt_path=path)
    return trainer, model, batches


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings", [{}, {"limit_train_batches": 3}, {"val_check_interval": 2}], ids=["whole", "in part", "validated amid"]
)
def test_without_anything_of_ours_no_batch_is_skipped_or_repeated_wherever_a_fit_goes_on(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    straight, _, batches = fit(tmp_path, **settings)
    a_epoch = int(straight.num_training_batches)
    assert len(batches.seen) == EPOCHS * a_epoch
    paths = sorted(tmp_path.glob("*.ckpt"))
    names = {path.stem for path in paths}
    assert {f"step-step={a_epoch - 1}", f"step-step={a_epoch}"} < names
    assert any(name.startswith("val") for name in names)
    for path in paths:
        step = int(path.stem.split("=")[1].split("-")[0])
        again, _, rest = fit(tmp_path / "again", path, **settings)
        assert rest.seen == batches.seen[step:], path
        assert again.global_step == straight.global_step


def test_what_makes_a_fit_exact_is_added_once_and_what_was_given_stays(tmp_path: Path) -> None:
    last, best = ModelCheckpoint(tmp_path, "last"), ModelCheckpoint(tmp_path, "best", monitor="val/loss")
    options = exact(max_epochs=1, callbacks=[last, best], plugins=None)
    assert [type(callback) for callback in options["callbacks"][:3]] == [FiniteLoss, SeedEachBatch, Resumption]
    assert options["callbacks"][3:] == [best, last]  # the last one knows what was best
    assert [type(plugin) for plugin in options["plugins"]] == [AtomicCheckpointIO]
    again = exact(**options)
    assert again["callbacks"] == options["callbacks"]
    assert again["plugins"] == options["plugins"]
    assert again["max_epochs"] == 1
    assert exact(callbacks=best)["callbacks"][3:] == [best]


def test_a_fit_from_python_leaves_a_checkpoint_that_holds_numbers_and_texts_alone(tmp_path: Path) -> None:
    fit(tmp_path, max_epochs=1, **{name: value for name, value in exact().items() if name == "plugins"})
    for path in tmp_path.glob("*.ckpt"):
        assert torch.load(path, weights_only=True)["global_step"] > 0


def test_checkpoints_hold_the_seed_under_the_name_that_its_callback_had_before() -> None:
    """So that checkpoints of earlier versions are gone on from to the same bits, and earlier versions read new ones."""
    assert SeedEachBatch().state_key == "Noise"
    assert Resumption().state_key == "Resumption"
