"""What all tests share: one thread, a seeded close series, and a way to type a command."""

import gc
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import hypothesis
import lightning.pytorch.cli  # noqa: F401 (before ours: what only their shape-checked import finds is compiled anew)
import pytest
import torch
from lightning.pytorch.utilities import parsing

from cryptoforecast import Forecaster, Scaling, Source
from cryptoforecast.cli.main import main
from cryptoforecast.evaluation.figures.tensorboard import ForecastFigure, figure_files
from cryptoforecast.evaluation.ledger import LEDGER
from cryptoforecast.training import judge
from tests.helpers import CONFIGS, SMALL, Run, Said, random_walk, some, write_yahoo

CHECKS = re.compile(r"^<@beartype|[\\/]jaxtyping[\\/]")  # files of the frames of shape checks


def pytest_configure() -> None:
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # of pytest's workers, which have a core each, and of what
        os.environ.setdefault(name, "1")  # they start: threads that wait for each other's core take minutes
    torch.set_num_threads(1)  # small models are faster so, and exact from run to run
    parsing.collect_init_args = partial(_collect_init_args, parsing.collect_init_args)
    examples = some(30, many=100)  # others each time, so that many come together
    hypothesis.settings.register_profile("unhurried", deadline=None, max_examples=examples)  # a machine may be busy
    hypothesis.settings.load_profile("unhurried")


def pytest_collection_finish() -> None:
    gc.freeze()  # no collection looks again through what was imported, and through thousands of tests


def _collect_init_args(collect: Callable[..., Any], frame: FrameType, *arguments: Any, **named: Any) -> Any:
    """The arguments of a model, collected from the frames of its constructors without those of shape checks."""
    while frame.f_back is not None and CHECKS.search(frame.f_code.co_filename):
        frame = frame.f_back
    return collect(frame, *arguments, **named)


@pytest.fixture(scope="session", autouse=True)
def _cache_of_all_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or fills the user's own cache, nor does what is set up once for many of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CRYPTOFORECAST_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def _folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where each test makes its folders; pytest's ``mktemp`` would look through all others before it makes one."""
    return tmp_path_factory.mktemp("folders")


@pytest.fixture(autouse=True)
def cache(_folders: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test has a cache folder of its own, and does not wait before it asks a second time."""
    folder = Path(tempfile.mkdtemp(prefix="cache", dir=_folders))
    monkeypatch.setenv("CRYPTOFORECAST_CACHE", str(folder))
    monkeypatch.setattr("cryptoforecast.data.sources.retries.PAUSES", (0.0, 0.0))
    return folder


@pytest.fixture(autouse=True)
def _folder_of_each_test(_folders: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test works in a folder of its own, and begins no ledger above it, where other tests would find it."""
    monkeypatch.chdir(tempfile.mkdtemp(prefix="working", dir=_folders))
    yield
    left = [folder / LEDGER for folder in (_folders, *_folders.parents[:2]) if (folder / LEDGER).exists()]
    for ledger in left:
        ledger.unlink()
    assert not left, "a ledger above the working folder counts the tries of others"


@pytest.fixture
def closes() -> list[float]:
    return random_walk(300)


@pytest.fixture
def type_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Said]]:
    """Type a command in an empty folder: ``type_in("fit", "--config", ...)``."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "argv", ["cryptoforecast"])

    def type_in(*words: object) -> Said:
        capsys.readouterr()
        status = main([str(word) for word in words])
        return Said(status, *capsys.readouterr())

    yield type_in
    forget(tmp_path)


@pytest.fixture(autouse=True)
def _without_figures(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Verbs in this process draw nothing, which takes them half of their time, but in a test marked ``figures``."""
    if request.node.get_closest_marker("figures") is None:
        monkeypatch.setattr(judge, "save_figures", lambda rows, *_: list(figure_files(rows)))
        monkeypatch.setattr(ForecastFigure, "on_validation_end", lambda *_: None)


def forget(folder: Path) -> None:
    """Forget a test's own modules, and their classes: another test may have some of the same names."""
    own = [name for name, one in sys.modules.items() if str(getattr(one, "__file__", "")).startswith(f"{folder}/")]
    for name in own:
        del sys.modules[name]
    left: list[type] = [Forecaster, Scaling, Source]
    while left:
        subclasses = left.pop().__subclasses__()
        left += subclasses
        for cls in subclasses:
            if cls.__module__ in own:  # somebody still holds it; a private name is nobody's choice
                cls.__name__ = cls.__qualname__ = "_Forgotten"


@pytest.fixture(scope="session")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One small fit that many tests look at and none changes."""
    home, before = tmp_path_factory.mktemp("fitted"), Path.cwd()
    csv = write_yahoo(home / "COIN-USD.csv", random_walk(300))
    os.chdir(home)
    try:
        assert main(["fit", "--config", str(CONFIGS / "btc.yaml"), "--data.source=CsvSource",
                     f"--data.source.path={csv}", *SMALL, "--data.horizon=2"]) == 0  # fmt: skip
    finally:
        os.chdir(before)
    folder = home / "runs" / "btc-LSTM" / "version_0"
    return Run(folder, folder / "checkpoints" / "best.ckpt", csv)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """A folder of real price files, where the environment names one."""
    folder = os.environ.get("CRYPTOFORECAST_DATA")
    if folder is None:
        pytest.skip("CRYPTOFORECAST_DATA names no folder of real price files")
    return Path(folder)
