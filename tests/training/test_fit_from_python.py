"""Runs of ``cryptoforecast.fit``: what they hold, what they are called, and what is refused."""

import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint

import cryptoforecast as cf
from cryptoforecast.evaluation.ledger import LEDGER, read_ledger
from tests.cli.helpers import RUN
from tests.helpers import Run, Said
from tests.training.helpers import LAST, SMALL, fit

TypeIn = Callable[..., Said]


class Failing(cf.LSTM):
    """A variant with a mistake in its training."""

    def training_step(self, batch: Any, batch_idx: int = 0) -> Any:
        return {}["no such key"]


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


@pytest.mark.slow
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
