"""Fits on a Ray cluster of three nodes, which are all on this machine."""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from cryptoforecast import UserError
from cryptoforecast.data.sources.loaded_once import Loaded, loaded_once
from cryptoforecast.study.command import make_backtest
from cryptoforecast.study.engines import ray_cluster, versions
from cryptoforecast.study.engines.engine import Ended
from cryptoforecast.study.engines.ray import RayEngine
from cryptoforecast.study.fit import Fit, fit_of
from cryptoforecast.study.fold_fit import fit_fold
from cryptoforecast.study.folds import cut_backtest
from cryptoforecast.user_code.source_files import source_code_of
from tests.cli.helpers import QUICK

ray = pytest.importorskip("ray", reason="Ray is not installed")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # Ray and Lightning warn of each other's files
ROOT = Path(__file__).parents[3]
STORE = 100_000_000  # bytes of the object store of a node
PARTS = '''
    import os
    import time
    from pathlib import Path

    from lightning.pytorch import Callback

    from cryptoforecast import SimulatedSource

    TOLD = Path("{told}")


    class Told(SimulatedSource):
        """Closes that note each time they are loaded."""

        def load(self, columns=()):
            with (TOLD / "loads").open("a") as file:
                file.write("load\\n")
            return super().load(columns)


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


class Nodes:
    """A cluster of three nodes, of which the first computes nothing."""

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster

        self.cluster = Cluster()
        self.cluster.add_node(num_cpus=0, object_store_memory=STORE, include_dashboard=False)
        self.workers = [self.add(), self.add()]

    def add(self) -> Any:
        return self.cluster.add_node(num_cpus=1, object_store_memory=STORE, include_dashboard=False)

    @property
    def address(self) -> str:
        return str(self.cluster.address)


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]))
        patch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        started = Nodes()
        try:
            yield started
        finally:
            ray.shutdown()
            started.cluster.shutdown()


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with parts of a model; where these note what they do."""
    notes, home = tmp_path / "told", tmp_path / "home"
    notes.mkdir()
    home.mkdir()
    (home / "parts_of_a_study.py").write_text(dedent(PARTS).replace("{told}", str(notes)))
    monkeypatch.chdir(home)
    monkeypatch.syspath_prepend(str(home))
    monkeypatch.delitem(sys.modules, "parts_of_a_study", raising=False)
    return notes


def fits_of(folder: Path, count: int, *callbacks: str) -> tuple[list[Fit], Loaded]:
    """The fits of a backtest in the working folder, and the closes."""
    named = ", ".join(f"{{class_path: parts_of_a_study.{name}}}" for name in callbacks)
    words = [
        *QUICK,
        "--seed_everything=0",
        "--data.source=parts_of_a_study.Told",
        "--data.source.rows=160",
        f"--trainer.callbacks=[{named}]",
    ]
    with loaded_once() as loaded:
        made = make_backtest(words)
        made.datamodule.bars()
    (fold,) = cut_backtest(made.datamodule, 1)
    code = source_code_of(made.model, made.datamodule.source, made.settings).hashes
    return [
        fit_of(fold, seed, words, made.datamodule.series, folder, code, made.text)._replace(
            folder=folder / f"fold_0_seed_{seed}"
        )
        for seed in range(count)
    ], loaded


def carry_out(engine: Any, fits: list[Fit]) -> list[Ended]:
    """All fits, as many at a time as the engine takes."""
    waiting, ended = list(reversed(fits)), list[Ended]()
    running = 0
    while waiting or running:
        while waiting and running < engine.workers:
            engine.start(waiting.pop())
            running += 1
        for event in engine.wait():
            assert isinstance(event, Ended)
            ended.append(event)
            running -= 1
    return ended


def until(lines: int, file: Path) -> None:
    """Wait until a file has so many lines."""
    latest = time.monotonic() + 300
    while not file.exists() or len(file.read_text().splitlines()) < lines:
        assert time.monotonic() < latest, f"{file.name} has not {lines} lines"
        time.sleep(0.05)


def rows_in(fits: list[Fit]) -> list[bytes]:
    return [(fit.folder / "forecasts.csv").read_bytes() for fit in fits]


def test_a_study_that_loses_a_node_ends_in_the_same_bytes_as_on_one_machine(
    nodes: Nodes, told: Path, tmp_path: Path
) -> None:
    fits, loaded = fits_of(tmp_path / "ray", 3, "Waits")
    assert (told / "loads").read_text().count("load") == len(loaded) == 2
    with RayEngine(loaded, nodes.address) as engine:
        assert engine.workers == 2
        engine.start(fits[0])
        engine.start(fits[1])
        until(2, told / "begun")
        nodes.cluster.remove_node(nodes.workers.pop(), allow_graceful=False)
        (told / "go").touch()
        ended = [event for _ in range(2) for event in engine.wait()]
        engine.start(fits[2])
        ended += engine.wait()
    nodes.workers.append(nodes.add())
    assert [event.failure for event in ended if isinstance(event, Ended)] == [None] * 3
    assert (told / "begun").read_text().count("begun") == 4, "one of three fits was begun again"
    assert (told / "loads").read_text().count("load") == 2, "no node has read the closes"
    alone, _ = fits_of(tmp_path / "local", 3, "Waits")
    for fit in alone:
        fit_fold(fit)
    assert rows_in(fits) == rows_in(alone)


def test_a_fit_that_fails_is_reported_with_its_sentence_and_log_and_the_next_goes_on(
    nodes: Nodes, told: Path, tmp_path: Path
) -> None:
    (failing,), loaded = fits_of(tmp_path / "ray", 1, "Fails")
    (told / "go").touch()
    _, working = fits_of(tmp_path / "ray", 2, "Waits")[0]
    with RayEngine(loaded, nodes.address, workers=1) as engine:
        bad, good = carry_out(engine, [failing, working])
    assert bad.failure is not None
    assert "the disk is full" in bad.failure
    assert "the disk is full" in failing.folder.with_suffix(".log").read_text()
    assert not failing.folder.exists()
    assert good.failure is None


def test_fits_that_are_left_when_a_study_is_interrupted_end_and_leave_nothing(
    nodes: Nodes, told: Path, tmp_path: Path
) -> None:
    fits, loaded = fits_of(tmp_path / "ray", 2, "Waits")
    with pytest.raises(KeyboardInterrupt), RayEngine(loaded, nodes.address) as engine:  # noqa: PT012
        for fit in fits:
            engine.start(fit)
        until(2, told / "begun")
        raise KeyboardInterrupt
    assert not list((tmp_path / "ray").glob("*"))
    assert not ray.is_initialized()
    folders = Path(tempfile.gettempdir()).glob("cryptoforecast-*")
    assert not [folder for folder in folders if folder.stat().st_mtime > told.stat().st_mtime]


def test_a_node_with_another_version_is_named_before_a_fit_begins(
    nodes: Nodes, told: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = {**versions.versions(), "torch": "1.0.0"}
    monkeypatch.setattr(ray_cluster, "versions", lambda: here)
    with pytest.raises(UserError, match=r"the node [\d.]+ has torch \S+, and this machine has torch 1.0.0;"):
        RayEngine({}, nodes.address).__enter__()
    assert not ray.is_initialized()
