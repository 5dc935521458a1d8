"""``cryptoforecast.fit``, ``validate``, ``test`` and ``predict``: what the command line does, from Python."""

import functools
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback, LightningModule, Trainer, seed_everything
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from lightning.pytorch.loggers import TensorBoardLogger

import cryptoforecast as cf
from cryptoforecast.evaluation.ledger import LEDGER, read_ledger
from tests.cli.helpers import AMIDST, ENDS, RUN, bits
from tests.helpers import Run, Said, random_walk, write_yahoo

TypeIn = Callable[..., Said]
LAST: dict[str, Any] = {"class_path": "ModelCheckpoint", "filename": "last"}
BEST: dict[str, Any] = {"class_path": "ModelCheckpoint", "monitor": "val/loss", "filename": "best"}
PATIENT: dict[str, Any] = {"class_path": "EarlyStopping", "monitor": "val/loss", "patience": 9}
ADAM = functools.partial(torch.optim.Adam, lr=0.02)
SMALL: dict[str, Any] = {"model": cf.LSTM, "hidden_size": 2, "dropout": 0.3, "context_length": 6, "batch_size": 16}


class Interrupting(Callback):
    """Ends a fit as Ctrl-C does, within an epoch."""

    def __init__(self, at: int) -> None:
        self.at = at

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        if trainer.global_step == self.at:
            raise KeyboardInterrupt


class Failing(cf.LSTM):
    """A variant with a mistake in its training."""

    def training_step(self, batch: Any, batch_idx: int = 0) -> Any:
        return {}["no such key"]


def fit(**options: Any) -> cf.Run:
    """The fit of the commands in ``tests.cli.helpers``."""
    logger = {"class_path": "TensorBoardLogger", "save_dir": "runs"}
    usual = {"source": cf.CsvSource("COIN-USD.csv"), "seed": 7, "max_epochs": 3, "accelerator": "cpu", "logger": logger}
    return cf.fit(**{**SMALL, **usual, "optimizer": ADAM, "callbacks": [LAST, BEST, PATIENT], **options})


@pytest.fixture
def home(tmp_path: Path, type_in: TypeIn, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which commands are typed; ``python`` in it is the working folder of calls from Python."""
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(120))
    (tmp_path / "python").mkdir()
    write_yahoo(tmp_path / "python" / "COIN-USD.csv", random_walk(120))
    return tmp_path


@pytest.fixture
def python(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder of calls from Python."""
    monkeypatch.chdir(home / "python")
    return home / "python"


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


def test_a_run_is_judged_and_forecasts_as_the_command_line_does(
    fitted: Run, type_in: TypeIn, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = {verb: type_in(verb, "--ckpt_path", fitted.checkpoint, "--output_dir", tmp_path / verb)
             for verb in ("validate", "test")}  # fmt: skip
    predicted = type_in("predict", "--ckpt_path", fitted.checkpoint)
    run = cf.Run.open(fitted.folder)
    assert run.checkpoint == fitted.checkpoint
    assert run.name == fitted.folder.parent.name
    verdicts = {"validate": run.val, "test": cf.test(run, output_dir=tmp_path / "python")}
    for verb, verdict in verdicts.items():
        assert verdict.sentence in typed[verb].out
        assert f"{verdict.skill:+.4f}" in typed[verb].out
        assert verdict.table()["model"].tolist() == ["LSTM", "RandomWalk", "Drift", "Mean"]
        assert repr(verdict).splitlines()[-1] == verdict.sentence
        assert "<table" in verdict._repr_html_()
        assert verdict.sentence.replace("'", "&#x27;") in verdict._repr_html_()
    for name in ("forecasts.csv", "scores.json"):
        assert (tmp_path / "python" / name).read_bytes() == (tmp_path / "test" / name).read_bytes()
    rows = cf.predict(fitted.checkpoint)
    assert rows["forecast"].tolist() == [float(line.split(",")[-1]) for line in predicted.out.splitlines()[1:]]
    assert rows.equals(run.predict())
    assert cf.validate(str(fitted.folder), output_dir=tmp_path / "again").sentence == run.val.sentence
    assert run.rows("val")["forecast"].tolist() == run.val.rows["forecast"].tolist()
    assert repr(run).splitlines()[0] == f"Run {fitted.folder}"
    assert "<table" in run._repr_html_()
    assert capsys.readouterr().out == ""


def test_rows_of_test_targets_are_seen_only_by_a_test_which_the_ledger_counts(python: Path) -> None:
    run = fit(max_epochs=1, progress=False)
    assert [entry["kind"] for entry in read_ledger(Path("runs", LEDGER))] == ["fit"]
    rows = run.rows("test")
    assert [entry["kind"] for entry in read_ledger(Path("runs", LEDGER))] == ["fit", "test"]
    assert run.rows("test") is rows
    assert rows["model"].unique().tolist() == ["LSTM", "RandomWalk", "Drift", "Mean"]


def test_without_progress_a_fit_prints_nothing(python: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = fit(max_epochs=1, progress=False)
    cf.fit(ckpt_path=run, max_epochs=1, progress=False)  # there is nothing left to train
    assert capsys.readouterr().out == ""


def test_a_run_folder_has_the_name_that_is_given_else_that_of_configuration_and_model(python: Path) -> None:
    Path("tiny.yaml").write_text("trainer: {max_epochs: 1, accelerator: cpu}\n")
    given = {**SMALL, "source": cf.CsvSource("COIN-USD.csv"), "progress": False}
    assert cf.fit("tiny.yaml", **given, name="small").folder == Path("runs", "small", "version_0")
    assert cf.fit("tiny.yaml", **given).folder == Path("runs", "tiny-LSTM", "version_0")


def test_notices_are_a_line_each_and_the_filters_of_the_caller_hold(
    python: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = Path("COIN-USD.csv").read_text().splitlines()
    Path("COIN-USD.csv").write_text("\n".join([*lines, lines[-1]]) + "\n")
    with warnings.catch_warnings():
        warnings.simplefilter("default", cf.DataNotice)
        warnings.showwarning = lambda message, category, file, line, *_: print(
            warnings.formatwarning(message, category, file, line), end="", file=sys.stderr
        )
        fit(max_epochs=1, progress=False)
    assert [line[:7] for line in capsys.readouterr().err.splitlines()] == ["notice:"]
    with pytest.raises(cf.DataNotice):
        fit(max_epochs=1, progress=False)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"source": cf.CsvSource("no.csv")}, "no.csv: no such file"),
        ({"hiden_size": 3}, "fit has no option hiden_size; the nearest is hidden_size"),
        ({"hidden_size": "many"}, "model.hidden_size: many is not of type int"),
        ({"model": "Nix"}, "model: there is no Nix"),
        ({"model": int}, "model: builtins.int is no Forecaster"),
        ({"accelerator": "quantum"}, "trainer: .*quantum"),
        ({"max_epochs": -7}, "trainer: `max_epochs` must be"),
        ({"ckpt_path": "no.ckpt"}, "no.ckpt: no such checkpoint"),
        ({"ckpt_path": Path("empty")}, "empty: holds no checkpoint of a fit"),
        ({"config": "no.yaml"}, "no.yaml: no such configuration file"),
        ({"val_from": None}, "data.val_from"),
        ({"context_length": 500}, "500"),
        ({"seed": -1}, "seed_everything"),
    ],
)
def test_what_cannot_be_is_a_user_error_in_one_sentence_and_nothing_is_written(
    options: dict[str, Any], sentence: str, python: Path
) -> None:
    Path("empty").mkdir()
    before = sorted(python.rglob("*"))
    with pytest.raises(cf.UserError, match=sentence) as caught:
        fit(**options)
    assert "\n" not in str(caught.value)
    assert sorted(python.rglob("*")) == before


def test_the_researchers_own_exception_keeps_its_type_and_line(python: Path) -> None:
    with pytest.raises(KeyError, match="no such key") as caught:
        fit(model=Failing, progress=False)
    assert caught.traceback[-1].path == Path(__file__)


@pytest.mark.filterwarnings("ignore")
def test_callbacks_given_as_objects_take_part_and_make_another_variant(python: Path) -> None:
    with pytest.warns(cf.DataNotice, match="given as objects"):
        run = fit(callbacks=[ModelCheckpoint(filename="best", monitor="val/loss"), LAST], max_epochs=1, progress=False)
    assert run.checkpoint == RUN / "checkpoints" / "best.ckpt"
    with pytest.warns(cf.DataNotice, match="given as objects"):
        fit(callbacks=[EarlyStopping("val/loss"), LAST], max_epochs=1, progress=False)
    first, second = read_ledger(Path("runs", LEDGER))
    assert first["variant"] != second["variant"]


def test_a_class_of_the_script_itself_is_fitted_and_loaded_again(python: Path) -> None:
    script = """
import cryptoforecast as cf
class Mine(cf.LSTM):
    '''A variant.'''
class Closes(cf.Source):
    def __init__(self, rows: int = 90): self.rows = rows
    def load(self, columns=()): return cf.SimulatedSource(rows=self.rows).load(columns)
run = cf.fit(source=Closes(), model=Mine, hidden_size=2, context_length=6, max_epochs=1, accelerator="cpu", seed=1)
print(run.test().table()["model"].iloc[0], len(cf.Run.open(run.checkpoint).predict()))
"""
    Path("mine.py").write_text(script)
    done = subprocess.run([sys.executable, "mine.py"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "Mine 1"


@pytest.mark.slow
def test_a_script_that_was_killed_within_an_epoch_is_gone_on_with_to_the_same_bits(python: Path) -> None:
    script = """
import os, signal, sys
import cryptoforecast as cf
from lightning.pytorch import Callback
from tests.training.test_fit import BEST, LAST, fit
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
