"""Fits from Python enter the ledger as those of the command line do."""

from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from lightning.pytorch import LightningModule, Trainer, seed_everything
from lightning.pytorch.loggers import CSVLogger

from cryptoforecast import LSTM, CloseDataModule, CsvSource, Forecaster
from cryptoforecast.evaluation.ledger import read_ledger
from cryptoforecast.evaluation.tries import count_tried
from cryptoforecast.training.fit_entries import without_ledger
from tests.helpers import data_of, random_walk, write_yahoo

LEDGER = Path("runs/ledger.jsonl")


def fit(model: LightningModule, data: CloseDataModule, **options: Any) -> Trainer:
    quiet: dict[str, Any] = {"logger": False, "enable_checkpointing": False, "max_epochs": 1}
    trainer = Trainer(accelerator="cpu", enable_progress_bar=False, enable_model_summary=False, **(quiet | options))
    trainer.fit(model, datamodule=data)
    return trainer


def small(lr: float = 1e-3, seed: int = 0) -> LSTM:
    seed_everything(seed, verbose=False)
    return LSTM(context_length=5, horizon=2, hidden_size=2, optimizer=partial(torch.optim.Adam, lr=lr))


def counts() -> tuple[int, int]:
    entries = read_ledger(LEDGER)
    first, last = (entries[0]["targets"][0][name] for name in ("first", "last"))
    variants, fits = count_tried(entries, {"COIN-USD": (pd.Timestamp(first), pd.Timestamp(last))}, [])
    return variants, fits


def test_each_trial_of_a_search_is_a_variant_and_each_seed_a_fit() -> None:
    data = data_of(random_walk(60))
    for lr, max_epochs, seed in ((1e-3, 1, 0), (1e-2, 1, 0), (1e-3, 2, 0), (1e-3, 1, 1), (1e-3, 1, 0)):
        fit(small(lr, seed), data, max_epochs=max_epochs)
    assert len(read_ledger(LEDGER)) == 5
    assert counts() == (3, 4)  # the last one is the first again


def test_a_learning_rate_within_a_function_counts_and_so_does_what_has_no_seed() -> None:
    data = data_of(random_walk(60))
    for lr in (1e-3, 1e-2):
        seed_everything(0, verbose=False)
        fit(
            LSTM(context_length=5, horizon=2, hidden_size=2, optimizer=lambda p, lr=lr: torch.optim.Adam(p, lr=lr)),
            data,
        )
    assert counts() == (2, 2)
    for _ in range(2):
        fit(LSTM(context_length=5, horizon=2, hidden_size=2), data, max_epochs=2)
    assert counts() == (3, 4)


class Own(Forecaster):
    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.head = torch.nn.Linear(self.context_length, self.horizon)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(x[..., 0])

    def setup(self, stage: str) -> None:
        """A hook that does not call its parent's."""

    def on_fit_start(self) -> None:
        """Another one."""


def test_a_variant_with_hooks_of_its_own_counts_with_its_file() -> None:
    fit(Own(context_length=5, horizon=2), data_of(random_walk(60)))
    (entry,) = read_ledger(LEDGER)
    assert any(name.endswith("test_fit_entries.py") for name in entry["variant"]["code"])


def test_the_ledger_is_above_the_loggers_folder_else_where_the_trainer_writes(tmp_path: Path) -> None:
    data = data_of(random_walk(60))
    trainer = fit(small(), data, logger=CSVLogger("elsewhere"))
    (entry,) = read_ledger(Path("elsewhere/ledger.jsonl"))
    assert entry["folder"] == str(Path(trainer.loggers[0].log_dir or "").resolve())
    fit(small(), data, default_root_dir=tmp_path / "root")
    assert len(read_ledger(tmp_path / "root" / "ledger.jsonl")) == 1
    assert not LEDGER.exists()


def test_a_fit_that_only_checks_something_does_not_count() -> None:
    data = data_of(random_walk(60))
    fit(small(), data, fast_dev_run=True)
    with without_ledger():
        fit(small(), data)
    assert not LEDGER.exists()
    fit(small(), data)
    assert len(read_ledger(LEDGER)) == 1


def test_a_checkpoint_keeps_the_hashes_of_its_code(tmp_path: Path) -> None:
    trainer = fit(Own(context_length=5, horizon=2), data_of(random_walk(60)))
    trainer.save_checkpoint("own.ckpt")
    code = torch.load("own.ckpt", weights_only=True)["cryptoforecast"]["code"]
    assert code == read_ledger(LEDGER)[0]["variant"]["code"]


def test_the_arguments_of_a_source_that_bear_on_values_count_and_where_a_file_lies_does_not(tmp_path: Path) -> None:
    walk = random_walk(80)
    for folder, closes in (("a", walk[:79]), ("b", walk)):
        (tmp_path / folder).mkdir()
        path = write_yahoo(tmp_path / folder / "COIN-USD.csv", closes)
        fit(small(), CloseDataModule(CsvSource(str(path)), context_length=5, horizon=2))
    assert counts() == (1, 1)
    fit(small(), CloseDataModule(CsvSource(str(path), gaps="split"), context_length=5, horizon=2))
    fit(small(), CloseDataModule(CsvSource(str(path), column="High", symbol="COIN-USD"), context_length=5, horizon=2))
    assert counts() == (3, 3)
