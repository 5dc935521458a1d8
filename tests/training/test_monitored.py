"""The curve by which the best checkpoint is chosen: of the variant's class, and perhaps not logged in a phase."""

from pathlib import Path

import pytest
import torch
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint, StochasticWeightAveraging

from cryptoforecast import DataNotice, UserError, Window
from cryptoforecast.training.exact import exact
from cryptoforecast.training.preflight import check_before_fit
from cryptoforecast.training.settings.command_line import CommandLine, make
from cryptoforecast.training.train import train
from tests.helpers import data_of, random_walk
from tests.models.helpers import LENGTHS, Linear, quiet_trainer

DATA = data_of(random_walk(120))


class Late(Linear):
    """Logs its curve from the third epoch on."""

    monitor, monitor_mode = "val/chosen", "max"
    first = 2

    def validation_step(self, window: Window, batch_index: int) -> None:
        super().validation_step(window, batch_index)
        if self.current_epoch >= self.first:
            self.curve("chosen", float(self.current_epoch))


class Slip(Late):
    monitor, first = "val/chosn", 0


class Never(Late):
    first = 99


def kept(model: Linear) -> tuple[ModelCheckpoint, EarlyStopping]:
    curve = type(model).monitor
    return ModelCheckpoint(monitor=curve, mode="max", filename="best"), EarlyStopping(curve, mode="max", patience=1)


def fitted(model: Linear, folder: Path) -> ModelCheckpoint:
    best, patience = kept(model)
    options = exact(callbacks=[best, patience], max_epochs=4)
    trainer = quiet_trainer(folder, enable_checkpointing=True, **options)
    train(trainer, model, datamodule=DATA)
    return best


def test_epochs_that_do_not_log_the_monitored_curve_choose_no_checkpoint_and_stop_nothing(tmp_path: Path) -> None:
    best = fitted(Late(**LENGTHS), tmp_path)
    assert best.best_model_score == 3.0
    assert list(best.best_k_models.values()) == [3.0]


def test_a_curve_that_is_never_logged_is_named_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"Never.monitor is val/chosen, which no validation has logged; ") as refused:
        fitted(Never(**LENGTHS), tmp_path)
    assert "\n" not in str(refused.value)


def test_a_slip_in_the_name_is_found_before_the_fit(tmp_path: Path) -> None:
    model = Slip(**LENGTHS)
    trainer = quiet_trainer(tmp_path, enable_checkpointing=True, callbacks=list(kept(model)))
    with pytest.raises(UserError, match="Slip.monitor is val/chosn, which .* does not log; the nearest is val/chosen"):
        check_before_fit(model, DATA, trainer)


def test_a_phase_is_told_of_before_the_fit(tmp_path: Path) -> None:
    model = Late(**LENGTHS)
    trainer = quiet_trainer(tmp_path, enable_checkpointing=True, callbacks=list(kept(model)))
    with pytest.warns(DataNotice, match="the first validation does not log: no checkpoint is chosen until"):
        check_before_fit(model, DATA, trainer)


WORDS = [
    "fit",
    f"--model={__name__}.Late",
    "--data.source=SimulatedSource",
    "--trainer.accelerator=cpu",
    "--seed_everything=0",
]


@pytest.mark.filterwarnings("ignore")
def test_the_default_callbacks_monitor_what_the_class_says() -> None:
    made = make(WORDS, CommandLine)
    monitoring = [one for one in made.given_callbacks if getattr(one, "monitor", None)]
    assert {(type(one).__name__, one.monitor, one.mode) for one in monitoring} == {
        ("EarlyStopping", "val/chosen", "max"), ("ModelCheckpoint", "val/chosen", "max"),
    }  # fmt: skip
    given = "{class_path: ModelCheckpoint, init_args: {monitor: val/rmse}}"
    made = make([*WORDS, f"--trainer.callbacks=[{given}]"], CommandLine)
    assert [one.monitor for one in made.given_callbacks] == ["val/rmse"]


class Manual(Linear):
    automatic_optimization = False


@pytest.mark.filterwarnings("ignore")
def test_the_default_clipping_is_left_out_where_a_model_optimizes_by_itself() -> None:
    words = [*WORDS[:1], f"--model={__name__}.Manual", *WORDS[2:]]
    assert make(words, CommandLine).trainer.gradient_clip_val is None
    assert make([*words, "--trainer.gradient_clip_val=0.5"], CommandLine).trainer.gradient_clip_val == 0.5
    assert make(WORDS, CommandLine).trainer.gradient_clip_val == 1.0


@pytest.mark.parametrize(("name", "value"), [("monitor", 3), ("monitor", None), ("monitor_mode", "best")])
def test_a_monitor_that_is_no_curve_is_refused(name: str, value: object) -> None:
    with pytest.raises(UserError, match=f"The body of Odd sets {name} to .*; it is .*best.ckpt"):
        type("Odd", (Linear,), {name: value})


def test_a_monitor_of_an_instance_is_refused() -> None:
    with pytest.raises(UserError, match=r"Late sets self.monitor, which is read before a model is made"):
        Late(**LENGTHS).monitor = "val/rmse"  # type: ignore[misc]


def test_the_best_checkpoint_of_a_fit_that_averages_its_last_weights_holds_the_average(tmp_path: Path) -> None:
    model = Linear(**LENGTHS)
    best = ModelCheckpoint(monitor="val/loss", filename="best")
    averaging = StochasticWeightAveraging(swa_lrs=0.01, swa_epoch_start=1)
    options = exact(callbacks=[best, averaging], max_epochs=3)
    trainer = quiet_trainer(tmp_path, enable_checkpointing=True, **options)
    train(trainer, model, datamodule=DATA)
    kept_state = torch.load(best.best_model_path, weights_only=True)["state_dict"]
    average = dict(averaging._average_model.named_parameters())  # type: ignore[union-attr]
    assert all(torch.equal(kept_state[name], weights) for name, weights in average.items())
