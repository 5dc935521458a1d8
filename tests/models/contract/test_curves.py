"""What a fit logs, by the number of its epoch."""

from pathlib import Path

from lightning.pytorch.callbacks import EarlyStopping
from lightning.pytorch.loggers.logger import DummyLogger

from cryptoforecast import LSTM
from tests.helpers import data_of, random_walk
from tests.models.helpers import LENGTHS, quiet_trainer

OF_VALIDATION = {"val/loss", "val/loss_random_walk", "val/rmse", "val/rmse_random_walk", "val/skill",
                 "val/skill_random_walk"}  # fmt: skip
OF_TRAINING = {"learning_rate", "train/loss"}


class Notebook(DummyLogger):
    """Notes what it is given; a fit's first look at a validation, which only tries, is none of it."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[tuple[int | None, set[str]]] = []
        self.unsaved = False

    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:  # type: ignore[override]
        assert all(isinstance(value, float) for value in metrics.values())
        self.given.append((step, set(metrics)))
        self.unsaved = True

    def save(self) -> None:
        self.unsaved = False


def test_loggers_get_each_epochs_curves_once_and_write_them_out_at_once(tmp_path: Path) -> None:
    notebook = Notebook()
    trainer = quiet_trainer(tmp_path, logger=notebook, num_sanity_val_steps=2)
    trainer.fit(LSTM(hidden_size=2, **LENGTHS), data_of(random_walk(120)))
    assert notebook.given == [(0, OF_VALIDATION), (0, OF_TRAINING), (1, OF_VALIDATION), (1, OF_TRAINING)]
    assert not notebook.unsaved
    assert set(trainer.callback_metrics) == set(trainer.logged_metrics) == OF_TRAINING | OF_VALIDATION


def test_early_stopping_may_watch_the_training_loss(tmp_path: Path) -> None:
    impatient = EarlyStopping("train/loss", patience=1, min_delta=1e9, check_on_train_epoch_end=True)
    trainer = quiet_trainer(tmp_path, max_epochs=9, callbacks=[impatient])
    trainer.fit(LSTM(hidden_size=2, **LENGTHS), data_of(random_walk(120)))
    assert trainer.current_epoch == 2
