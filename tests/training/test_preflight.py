"""The rehearsal before a fit: on a copy, on training windows, with a checkpoint that is read again."""

import copy
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lightning.pytorch import Callback, seed_everything
from lightning.pytorch.loggers import CSVLogger
from torch import Tensor

from cryptoforecast import LSTM, Drift, Forecaster, TrainMinMax, UserError
from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.errors import DataNotice
from cryptoforecast.training.preflight import check_before_fit
from tests.helpers import data_of, random_walk
from tests.models.helpers import LENGTHS, Linear, quiet_trainer
from tests.training.rehearsed_models import (
    DATA,
    SEEN,
    AsksTheTrainer,
    Batchy,
    FirstBatch,
    FromData,
    Hidden,
    Idle,
    Late,
    Lazy,
    ManyRows,
    NotFinite,
    NotOfItsArguments,
    OwnHook,
    OwnState,
    Pickled,
    Sampling,
    Weighing,
    Weighty,
    WeightyStep,
)


def rehearsed(model: Forecaster, folder: Path, data: CloseDataModule = DATA, **settings: object) -> None:
    check_before_fit(model, data, quiet_trainer(folder, **settings))


@pytest.fixture(autouse=True)
def _nothing_seen() -> None:
    SEEN.clear()


@pytest.mark.parametrize(
    "kind", [FirstBatch, Lazy, Late, FromData, AsksTheTrainer, OwnState, Sampling, Batchy, Weighing, LSTM, Drift]
)
def test_what_lightning_offers_goes_through(kind: Callable[..., Forecaster], tmp_path: Path) -> None:
    rehearsed(kind(**LENGTHS), tmp_path)


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (
            OwnHook,
            r"OwnHook.on_save_checkpoint leaves out .*; begin it with super\(\).on_save_",
        ),
        (Pickled, "No checkpoint of Pickled could be read again: it would hold more than numbers, texts and tensors"),
        (
            Hidden,
            r"Hidden forecasts .* once its checkpoint is read again: something that it has learned",
        ),
        (NotOfItsArguments, "NotOfItsArguments cannot be made again by its arguments alone"),
        (Idle, "Idle: its forward never comes by idle.weight, idle.bias; take these layers out"),
        (Weighty, r"Weighty.weight is never called in training, as Weighty has a loss or a training_step of its own"),
        (WeightyStep, r"multiply the loss of each window by self.weight\(window\) there"),
        (NotFinite, "NotFinite forecasts numbers that are not finite"),
    ],
)
def test_what_would_leave_nothing_to_be_read_is_told_before_training(
    kind: Callable[..., Forecaster], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=sentence) as refused:
        rehearsed(kind(**LENGTHS), tmp_path)
    assert "\n" not in str(refused.value)


def test_it_looks_at_training_windows_only(tmp_path: Path) -> None:
    closes = random_walk(160)
    data = data_of([*closes[:100], *(1e6 * close for close in closes[100:])], val_from=100, test_from=130)
    model = FirstBatch(scaling=TrainMinMax(), **LENGTHS)
    rehearsed(model, tmp_path, data)
    assert len(SEEN) > 3
    assert max(x.max() for x in SEEN) <= 1
    assert model.level.isnan()


@pytest.mark.parametrize("sanity", [0, 2])
def test_no_layer_sees_a_validation_window_first(sanity: int, tmp_path: Path) -> None:
    closes, levels = random_walk(160), []
    for later in (1.0, 3.0):
        data = data_of([*closes[:100], *(later * close for close in closes[100:])], val_from=100, test_from=130)
        seed_everything(0)
        model = FirstBatch(scaling=TrainMinMax(), **LENGTHS)
        quiet_trainer(tmp_path, max_epochs=1, num_sanity_val_steps=sanity).fit(model, data)
        levels.append(model.level)
    assert torch.equal(*levels)


class Talking(FirstBatch):
    def training_step(self, window: Any, batch_index: int) -> Tensor | None:
        print("a line a batch")
        self.log("train/mine", 1.0)
        return super().training_step(window, batch_index)


class Noisy(Callback):
    def setup(self, *_: Any, **__: Any) -> None:
        raise AssertionError("callbacks are not called")


def test_it_leaves_model_data_trainer_chance_and_files_as_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    seed_everything(0)
    model, logger = Talking(**LENGTHS), CSVLogger("logs")
    trainer = quiet_trainer(tmp_path, callbacks=[Noisy()], logger=logger)
    before = copy.deepcopy(model.state_dict())
    states = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()  # noqa: NPY002
    held = DATA.fold, DATA.trainer, vars(DATA).copy()
    check_before_fit(model, DATA, trainer)
    assert len(SEEN) > 2
    assert all(torch.equal(value.nan_to_num(), before[name].nan_to_num()) for name, value in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), states[0])
    assert np.random.get_state()[1].tolist() == states[1]  # noqa: NPY002
    assert random.getstate() == states[2]
    assert (DATA.fold, DATA.trainer, vars(DATA)) == held
    assert model._trainer is None
    assert capsys.readouterr().out == ""
    assert list(tmp_path.iterdir()) == []


def test_a_scheduler_that_counts_steps_counts_those_of_the_fit(tmp_path: Path) -> None:
    rehearsed(AsksTheTrainer(**LENGTHS), tmp_path, data_of(random_walk(160), batch_size=8), max_epochs=7)
    (steps, epochs, folder), data = SEEN[0], data_of(random_walk(160), batch_size=8)
    assert (steps, epochs) == (7 * len(data.train_dataloader()), 7)
    assert folder != str(tmp_path)


@pytest.mark.parametrize(
    "problem", [KeyError("a"), OSError(2, "No such file", "x.npy"), RuntimeError("size of tensor")]
)
def test_what_the_code_of_a_variant_raises_is_raised_with_what_it_printed(
    problem: Exception, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Failing(Linear):
        def forward(self, x: Tensor) -> Tensor:
            print("got so far")
            raise problem

    with pytest.raises(type(problem)) as raised:
        rehearsed(Failing(**LENGTHS), tmp_path)
    assert raised.value is problem
    assert raised.traceback[-1].frame.code.name == "forward"
    assert "got so far" in capsys.readouterr().out


def test_a_model_that_cannot_be_fitted_on_some_windows_is_fitted_on_all(tmp_path: Path) -> None:
    rehearsed(ManyRows(**LENGTHS), tmp_path, data_of(random_walk(1500)))
    assert SEEN[0] < 1100 < SEEN[1]


def test_a_last_batch_of_one_window_is_tried_where_batches_are_normalised(tmp_path: Path) -> None:
    data = data_of(random_walk(160), batch_size=2)
    size = next(size for size in range(4, 99) if len(data.fold.train) % size == 1)
    with pytest.raises(UserError, match="Batchy has a BatchNorm, which cannot learn from a batch of one window"):
        rehearsed(Batchy(**LENGTHS), tmp_path, data_of(random_walk(160), batch_size=size))
    rehearsed(Linear(**LENGTHS), tmp_path, data_of(random_walk(160), batch_size=size))


@pytest.mark.parametrize(
    "limits",
    [{"limit_val_batches": 0.7}, {"limit_val_batches": 0}, {"limit_val_batches": 3}, {"limit_train_batches": 0.5},
     {"val_check_interval": 0.5}, {"val_check_interval": 2}, {"overfit_batches": 0.5}, {"overfit_batches": 1},
     {"accumulate_grad_batches": 3}, {"check_val_every_n_epoch": 2}, {"fast_dev_run": True}, {"max_steps": 1}],
    ids=str,
)  # fmt: skip
def test_limits_of_the_fit_are_no_limits_of_its_few_windows(limits: dict[str, Any], tmp_path: Path) -> None:
    data = data_of(random_walk(400), batch_size=4)
    rehearsed(Linear(**LENGTHS), tmp_path, data, **limits)


def test_a_model_that_does_not_see_the_future_it_could_know_is_told_so(tmp_path: Path) -> None:
    data = data_of(random_walk(160), future=["day_of_week"])
    with pytest.warns(DataNotice, match=r"data.future names day_of_week, and Linear does not see it: .* forward\(self"):
        rehearsed(Linear(**LENGTHS, future=["day_of_week"]), tmp_path, data)
    rehearsed(Drift(**LENGTHS, future=["day_of_week"]), tmp_path, data)  # has nothing to learn from it
