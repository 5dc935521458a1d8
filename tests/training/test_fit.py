"""``cryptoforecast.fit`` beside the command line: the same weights, also where a fit is gone on with."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from lightning.pytorch import Callback, Trainer, seed_everything
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.loggers import TensorBoardLogger

import cryptoforecast as cf
from cryptoforecast.evaluation.ledger import LEDGER, read_ledger
from tests.cli.helpers import AMIDST, ENDS, RUN, bits
from tests.helpers import Said
from tests.training.helpers import ADAM, BEST, LAST, Interrupting, fit

TypeIn = Callable[..., Said]


def test_the_function_and_the_command_line_give_the_same_weights_run_and_ledger_entry(
    home: Path, type_in: TypeIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = type_in(*ENDS)
    assert typed.status == 0, typed.err
    monkeypatch.chdir(home / "python")
    run = fit()
    printed = capsys.readouterr().out
    assert run.folder == RUN
    assert bits(home / "python" / RUN) == bits(home / RUN)
    here, there = ((place / RUN / "config.yaml").read_text() for place in (home / "python", home))
    assert [line.split("torch.optim")[0] for line in here.splitlines() if "path:" not in line] == [
        line.split("torch.optim")[0] for line in there.splitlines() if "path:" not in line
    ]
    (python_entry,), (typed_entry,) = (read_ledger(place / "runs" / LEDGER) for place in (home / "python", home))
    assert python_entry["kind"] == "fit"
    assert (python_entry["variant"], python_entry["seeds"]) == (typed_entry["variant"], typed_entry["seeds"])
    assert repr(run.val) in typed.out.replace(" \n", "\n") or run.val.sentence in typed.out
    assert printed.splitlines()[:3] == typed.out.splitlines()[:3]
    assert run.val.sentence not in printed  # what the caller wants to see, he prints


def test_a_fit_that_has_ended_goes_on_to_the_same_bits(python: Path) -> None:
    fit()
    straight = bits(RUN)
    first = fit(max_epochs=1)
    assert first.folder == RUN.with_name("version_1")
    on = cf.fit(ckpt_path=first, max_epochs=3, progress=False)
    assert on.folder == first.folder
    assert bits(RUN.with_name("version_1")) == straight


def test_a_fit_that_was_interrupted_within_an_epoch_goes_on_to_the_same_bits(python: Path) -> None:
    often = {**LAST, "every_n_train_steps": 3}
    fit(callbacks=[BEST, often])
    with (
        pytest.warns(cf.DataNotice, match=r"trainer.callbacks: given as objects"),
        pytest.raises(KeyboardInterrupt, match=r"go on with --ckpt_path runs/.*/last.ckpt"),
    ):
        fit(callbacks=[BEST, often, Interrupting(8)])
    run = RUN.with_name("version_1")
    on = cf.fit(ckpt_path=run, progress=False)
    assert bits(run) == bits(RUN)
    assert on.checkpoint == run / "checkpoints" / "best.ckpt"


def test_what_the_command_line_has_begun_the_function_ends_to_the_same_bits(
    home: Path, type_in: TypeIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert type_in(*AMIDST).status == 0
    assert type_in(*AMIDST, "--trainer.max_steps=8").status == 0
    cf.fit(ckpt_path=RUN.with_name("version_1"), max_steps=-1, progress=False)
    assert bits(RUN.with_name("version_1")) == bits(RUN)


def trainer_of(name: str, *callbacks: Callback, max_epochs: int = 3) -> Trainer:
    """Lightning's own trainer with our options for exactness."""
    last = ModelCheckpoint(filename="last", every_n_train_steps=3)
    best = ModelCheckpoint(filename="best", monitor="val/loss")
    options = cf.exact(
        max_epochs=max_epochs,
        gradient_clip_val=1.0,  # as is the default of fit
        accelerator="cpu",
        logger=TensorBoardLogger(".", name, "version_0"),
        callbacks=[*callbacks, last, best],
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    return Trainer(**options)


@pytest.mark.filterwarnings("ignore")
def test_a_plain_trainer_that_was_interrupted_goes_on_to_the_same_bits_which_are_those_of_the_function(
    python: Path,
) -> None:
    def train(trainer: Trainer, path: str | None = None) -> None:
        seed_everything(7, workers=True)
        model = cf.LSTM(hidden_size=2, dropout=0.3, context_length=6, optimizer=ADAM)
        data = cf.CloseDataModule(cf.CsvSource("COIN-USD.csv"), context_length=6, batch_size=16)
        trainer.fit(model, data, ckpt_path=path)

    train(trainer_of("straight"))
    with pytest.raises(SystemExit):
        train(trainer_of("stopped", Interrupting(8)))
    train(trainer_of("stopped"), "stopped/version_0/checkpoints/last.ckpt")
    straight = bits(Path("straight", "version_0"))
    assert bits(Path("stopped", "version_0")) == straight
    fit(callbacks=[BEST, {**LAST, "every_n_train_steps": 3}])
    assert bits(RUN) == straight


@pytest.mark.slow
def test_a_script_that_was_killed_within_an_epoch_is_gone_on_with_to_the_same_bits(python: Path) -> None:
    script = """
import os, signal, sys
import cryptoforecast as cf
from lightning.pytorch import Callback
from tests.training.helpers import BEST, LAST, fit
class Killed(Callback):
    def on_train_batch_start(self, trainer, *_):
        if trainer.global_step == 8:
            os.kill(os.getpid(), signal.SIGKILL)
fit(callbacks=[BEST, {**LAST, "every_n_train_steps": 3}, Killed()])
"""
    fit(callbacks=[BEST, {**LAST, "every_n_train_steps": 3}])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    killed = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    run = RUN.with_name("version_1")
    cf.fit(ckpt_path=run)
    assert bits(run) == bits(RUN)
