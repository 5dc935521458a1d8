"""Fits on a Ray cluster of three nodes, which are all on this machine."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

import cryptoforecast as cf
from cryptoforecast import UserError
from cryptoforecast.data.sources.loaded_once import Loaded
from cryptoforecast.study.command import make_backtest
from cryptoforecast.study.engines import ray_cluster, versions
from cryptoforecast.study.engines.choose import EngineOptions, make_engine
from cryptoforecast.study.engines.engine import Ended
from cryptoforecast.study.engines.ray import RayEngine
from cryptoforecast.study.engines.ray_cluster import require_listener
from cryptoforecast.study.engines.ray_node import put_files
from cryptoforecast.study.fit import Fit, fit_of
from cryptoforecast.study.fold_fit import fit_fold
from cryptoforecast.study.folds import cut_backtest
from cryptoforecast.study.parsed import parsed_options
from cryptoforecast.user_code.source_files import source_code_of
from tests.cli.helpers import QUICK

ray = pytest.importorskip("ray", reason="Ray is not installed")
pytestmark = pytest.mark.filterwarnings("ignore")  # Ray and Lightning warn of each other's files
PARTS = '''
    import time
    from pathlib import Path

    from lightning.pytorch import Callback

    from cryptoforecast import LSTM, SimulatedSource, Trained

    TOLD = Path("{told}")


    class Told(SimulatedSource):
        """Closes that note each time they are loaded."""

        def load(self, columns=()):
            with (TOLD / "loads").open("a") as file:
                file.write("load\\n")
            return super().load(columns)


    class Taught(LSTM):
        """An LSTM that begins with the weights of another."""

        def __init__(self, teacher: Trained, **kwargs):
            super().__init__(**kwargs)
            self.load_state_dict(teacher.load().state_dict())


    class Waits(Callback):
        """Notes that a fit begins, and waits until fits may go on."""

        def on_train_start(self, trainer, pl_module):
            with (TOLD / "begun").open("a") as file:
                file.write("begun\\n")
            while not (TOLD / "go").exists():
                time.sleep(0.05)


    class Fails(Callback):
        """Ends a fit with an error."""

        def on_train_start(self, trainer, pl_module):
            raise OSError("the disk is full")
'''


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Makes the working folder, with parts of a model; the folder where these note what they do."""
    notes, home = tmp_path / "told", tmp_path / "home"
    notes.mkdir()
    home.mkdir()
    (home / "parts_of_a_study.py").write_text(dedent(PARTS).replace("{told}", str(notes)))
    monkeypatch.chdir(home)
    monkeypatch.syspath_prepend(str(home))
    monkeypatch.delitem(sys.modules, "parts_of_a_study", raising=False)
    return notes


def words_of(callback: str) -> list[str]:
    """The options of a fit on closes that tell of it, with a callback of the working folder."""
    closes = ("--data.source=parts_of_a_study.Told", "--data.source.rows=160")
    return [
        *QUICK,
        "--seed_everything=0",
        *closes,
        f"--trainer.callbacks=[{{class_path: parts_of_a_study.{callback}}}]",
    ]


def fits_of(folder: Path, count: int, callback: str, *options: str) -> tuple[list[Fit], Loaded]:
    """The fits of a backtest in the working folder, and the closes."""
    words = [*words_of(callback), *options]
    made = make_backtest(words)
    made.datamodule.bars()
    (fold,) = cut_backtest(made.datamodule, 1)
    code = source_code_of(made.model, made.datamodule.source, made.settings).hashes
    fits = [fit_of(fold, seed, words, made.datamodule.series, folder, code, made.text) for seed in range(count)]
    return [fit._replace(parsed=parsed_options(made)) for fit in fits], made.loaded


def until(lines: int, file: Path) -> None:
    """Wait until a file has so many lines."""
    latest = time.monotonic() + 300
    while not file.exists() or len(file.read_text().splitlines()) < lines:
        assert time.monotonic() < latest, f"{file.name} has not {lines} lines"
        time.sleep(0.05)


def rows_in(fits: list[Fit]) -> list[bytes]:
    return [(fit.folder / "forecasts.csv").read_bytes() for fit in fits]


@pytest.mark.slow
def test_a_study_that_loses_a_node_ends_in_the_same_bytes_as_on_one_machine_and_a_fit_that_fails_says_why(
    nodes: Any, told: Path, tmp_path: Path
) -> None:
    """The fits begin with a checkpoint under ``runs``, which Ray does not copy."""
    teacher = cf.fit(source=cf.SimulatedSource(rows=160), model=cf.LSTM, hidden_size=2, context_length=6, max_epochs=1,
                     progress=False, name="teacher")  # fmt: skip
    assert teacher.checkpoint == Path("runs/teacher/version_0/checkpoints/best.ckpt")
    taught = ("--model=parts_of_a_study.Taught", f"--model.teacher={teacher.checkpoint}")
    fits, loaded = fits_of(tmp_path / "ray", 2, "Waits", *taught)
    loads = (told / "loads").read_text()
    (failing,), _ = fits_of(tmp_path / "failing", 1, "Fails")
    with RayEngine(loaded, nodes.address) as engine:
        assert engine.workers == 2
        engine.start(fits[0])
        engine.start(fits[1])
        until(2, told / "begun")
        nodes.cluster.remove_node(nodes.workers.pop(), allow_graceful=False)
        (told / "go").touch()
        ended = [event for _ in range(2) for event in engine.wait()]
        engine.start(failing)
        (failed,) = engine.wait()
    nodes.workers.append(nodes.add())
    assert [event.failure for event in ended] == [None] * 2
    assert (told / "begun").read_text().count("begun") == 3, "one of two fits was begun again"
    assert (told / "loads").read_text().count("load") == 2 * loads.count("load"), "no node has read the closes"
    alone, _ = fits_of(tmp_path / "local", 2, "Waits", *taught)
    for fit in alone:
        fit_fold(fit)
    assert rows_in(fits) == rows_in(alone)
    assert isinstance(failed, Ended)
    assert "the disk is full" in str(failed.failure)
    assert "the disk is full" in failing.folder.with_suffix(".log").read_text()
    assert not failing.folder.exists()


@pytest.mark.slow
def test_control_c_ends_a_backtest_on_a_cluster_with_a_word_and_leaves_nothing(nodes: Any, told: Path) -> None:
    words = ["backtest", *words_of("Waits"), "--folds=2", "--output_dir=out"]
    process = subprocess.Popen(
        [sys.executable, "-m", "cryptoforecast", *words, "--engine=ray", f"--address={nodes.address}", "--workers=1"],
        start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    until(1, told / "begun")
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "0 of 2 fits are kept; the same command goes on with the others." in said
    assert "Traceback" not in said
    assert not list(Path("out/folds").iterdir())
    folders = Path(tempfile.gettempdir()).glob("cryptoforecast-*")
    assert not [folder for folder in folders if folder.stat().st_mtime > told.stat().st_mtime]


@pytest.mark.slow
def test_a_node_with_another_version_is_named_before_a_fit_begins(
    nodes: Any, told: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = {**versions.versions(), "torch": "1.0.0"}
    monkeypatch.setattr(ray_cluster, "versions", lambda: here)
    with pytest.raises(UserError, match=r"the node [\d.]+ has torch \S+, and this machine has torch 1.0.0;"):
        RayEngine({}, nodes.address).__enter__()
    assert not ray.is_initialized()


def test_an_address_where_nobody_listens_is_named_at_once() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(UserError, match=rf"no Ray cluster can be reached at {address} \(.*\); set another"):
            RayEngine({}, address).__enter__()
    with pytest.raises(UserError, match="--address is 10.0.0.7; it is HOST:PORT, or auto"):
        require_listener("10.0.0.7")


def test_without_ray_the_engine_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UserError, match=r'--engine ray takes Ray: pip install "cryptoforecast\[ray\]"'):
        make_engine(EngineOptions(engine="ray"), {}, "CPUAccelerator").__enter__()


def test_a_class_of_the_script_that_runs_is_refused_since_no_node_has_it(tmp_path: Path) -> None:
    (fold,) = cut_backtest(make_backtest([*QUICK, "--data.source=SimulatedSource", "--data.source.rows=160",
                                          "--seed_everything=0"]).datamodule, 1)  # fmt: skip
    fit = fit_of(fold, 0, [], [], tmp_path, settings="model: {class_path: __main__.Mine}")
    with pytest.raises(UserError, match="Mine is defined in the script that runs, which the nodes of a cluster do not"):
        RayEngine({}).start(fit)


def test_a_file_is_put_on_a_node_once_for_the_same_content(told: Path) -> None:
    put_files({"runs/a/best.ckpt": b"first"})
    kept = Path("runs/a/best.ckpt").stat().st_ino
    put_files({"runs/a/best.ckpt": b"first"})
    assert Path("runs/a/best.ckpt").stat().st_ino == kept
    put_files({"runs/a/best.ckpt": b"second"})
    assert Path("runs/a/best.ckpt").read_bytes() == b"second"
