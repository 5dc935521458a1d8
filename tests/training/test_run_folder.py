"""A run's folder is found by what it holds, whatever logger it has and wherever its checkpoints lie."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
import torch

from cryptoforecast.models.checkpoints.file import Checkpoint
from cryptoforecast.training.run_folder import CONFIGURATION, MAX_PARENTS, PROVENANCE, folder_of_results, run_folder_of
from tests.cli.helpers import FIT
from tests.helpers import Said, random_walk, some, write_yahoo

TypeIn = Callable[..., Said]
NO_LOGGER = [word for word in FIT if "logger" not in word]
TENSORBOARD, CSV = (
    "{class_path: TensorBoardLogger, init_args: {save_dir: runs, name: t%s}}",
    "{class_path: CSVLogger, init_args: {save_dir: runs, name: t}}",
)
ONLINE = """
from lightning.pytorch.loggers.logger import Logger


class Online(Logger):
    'As those that send what they log elsewhere: it has a folder, a project and a name for each run, and no log_dir.'

    def __init__(self, save_dir: str | None = "runs", project: str = "t"):
        super().__init__()
        self._dir, self._project = save_dir, project

    save_dir = property(lambda self: self._dir)
    name = property(lambda self: self._project)
    version = property(lambda self: "a1b2c3")

    def log_metrics(self, metrics, step=None):
        pass

    def log_hyperparams(self, *args, **kwargs):
        pass
"""


class Layout(NamedTuple):
    """A logger, where checkpoints lie, and where the run's folder and the last checkpoint are then."""

    logger: str
    last: str
    run: str | None
    checkpoint: str
    options: tuple[str, ...] = ()


def kept(filename: str = "last", dirpath: str = "null") -> str:
    return f"{{class_path: ModelCheckpoint, init_args: {{filename: '{filename}', dirpath: {dirpath}}}}}"


METRIC = "{epoch}-{val/loss:.3f}"
LAYOUTS = {
    "usual": Layout(TENSORBOARD % "", kept(), "runs/t/version_0", "checkpoints/last.ckpt"),
    "slash in a name": Layout(TENSORBOARD % "", kept(METRIC), "runs/t/version_0", "checkpoints/epoch=*/loss=*.ckpt"),
    "sub_dir": Layout(TENSORBOARD % ", sub_dir: logs", kept(), "runs/t/version_0", "checkpoints/last.ckpt"),
    "dirpath": Layout(TENSORBOARD % "", kept(dirpath="kept/here"), "runs/t/version_0", "../../../kept/here/last.ckpt"),
    "two loggers": Layout(f"[{TENSORBOARD % ''}, {CSV}]", kept(), "runs/t/version_0", "checkpoints/last.ckpt"),
    "CSV first": Layout(f"[{CSV}, {TENSORBOARD % ''}]", kept(), "runs/t/version_0", "checkpoints/last.ckpt"),
    "no log_dir": Layout("lg.Online", kept(), "runs/t/a1b2c3", "checkpoints/last.ckpt"),
    "no log_dir, dirpath": Layout("lg.Online", kept(METRIC, "kept"), "runs/t/a1b2c3", "../../../kept/*/loss=*.ckpt"),
    "no save_dir": Layout("{class_path: lg.Online, init_args: {save_dir: null}}", kept(), "home/t/a1b2c3",
                          "checkpoints/last.ckpt", ("--trainer.default_root_dir=home",)),
    "Lightning's own logger": Layout("true", kept(), "home/lightning_logs/version_0", "checkpoints/last.ckpt",
                                     ("--trainer.default_root_dir=home",)),
    "no logger": Layout("false", kept(), None, "checkpoints/last.ckpt"),
}  # fmt: skip


ELSEWHERE = ("usual", "sub_dir", "dirpath", "CSV first")  # as the layout beside each, or as in tests of every verb
QUICK = ("slash in a name", "two loggers", "no log_dir, dirpath", "no logger")  # the others are slow together


@pytest.fixture
def coin(tmp_path: Path, type_in: TypeIn) -> TypeIn:
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(140))
    Path("lg.py").write_text(ONLINE)
    return type_in


@pytest.mark.parametrize(
    "layout",
    [
        pytest.param(one, id=name, marks=() if name in QUICK else pytest.mark.slow)
        for name, one in LAYOUTS.items()
        if name not in some(ELSEWHERE, many=())
    ],
)
def test_a_run_has_one_folder_in_which_going_on_and_judging_find_it(layout: Layout, coin: TypeIn) -> None:
    fit = [*NO_LOGGER, f"--trainer.logger={layout.logger}", f"--trainer.callbacks=[{layout.last}]", *layout.options]
    begun = coin(*fit, "--trainer.max_epochs=1")
    assert begun.status == 0, begun.err
    run = Path(layout.run or "")
    (checkpoint,) = Path().glob(str(Path(layout.run or "", layout.checkpoint)).replace(f"{layout.run}/../../../", ""))
    if layout.run is None:
        assert "run      none, for trainer.logger is false" in begun.out
        assert not list(Path().rglob(CONFIGURATION))
    else:
        assert f"run      {run}\n" in begun.out
        assert list(Path().rglob(CONFIGURATION)) == [run / CONFIGURATION]
        assert (run / PROVENANCE).is_file()
        assert len([path for path in run.parent.iterdir() if path.is_dir()]) == 1
    named = () if layout.run else tuple(fit[1:])
    further = coin("fit", *named, "--ckpt_path", checkpoint, "--trainer.max_epochs=2")
    assert further.status == 0, further.err
    last = coin(*fit, "--ckpt_path=last", "--trainer.max_epochs=3")
    assert (last.status, last.err) == (0, "")
    for said, epoch in ((further, "1"), (last, "2")):
        assert [line.split()[0] for line in said.out.splitlines() if line[:5].strip().isdigit()] == [epoch]
        assert layout.run is None or f"run      {run}\n" in said.out
    newest = max(Path().rglob("*.ckpt"), key=lambda path: path.stat().st_mtime_ns)
    assert torch.load(newest, weights_only=True)["epoch"] == 2
    assert coin("validate", "--ckpt_path", newest).status == 0
    assert (run / "forecasts.csv").is_file()


def checkpoint_at(path: Path, run: str | None = None) -> Checkpoint:
    return Checkpoint(path, {}, None, {}, {}, 0, [], run)


def holding(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


def test_the_run_is_the_nearest_folder_that_holds_one_and_a_configuration_alone_is_none(tmp_path: Path) -> None:
    run = holding(tmp_path / "runs" / "version_0", CONFIGURATION, PROVENANCE)
    holding(tmp_path, CONFIGURATION)  # the user's own
    assert run_folder_of(checkpoint_at(run / "checkpoints" / "epoch=1-val" / "loss=0.3.ckpt")) == run
    assert run_folder_of(checkpoint_at(run / "elsewhere" / "a.ckpt")) == run
    assert run_folder_of(checkpoint_at(tmp_path / "kept" / "a.ckpt")) is None
    assert folder_of_results(checkpoint_at(tmp_path / "kept" / "a.ckpt")) == tmp_path / "kept"
    assert run_folder_of(checkpoint_at(run.joinpath(*["deep"] * MAX_PARENTS, "a.ckpt"))) is None


def test_what_a_checkpoint_tells_goes_before_what_lies_above_it_and_holds_after_a_move(tmp_path: Path) -> None:
    for home in ("before", "after"):
        run = holding(tmp_path / home / "runs" / "version_1", CONFIGURATION, PROVENANCE)
        other = holding(tmp_path / home / "runs" / "version_0", CONFIGURATION, PROVENANCE)
        assert run_folder_of(checkpoint_at(other / "checkpoints" / "a.ckpt", "../../version_1")) == run
    assert run_folder_of(checkpoint_at(other / "checkpoints" / "a.ckpt", "../../version_7")) == other


def test_a_run_is_named_as_the_checkpoint_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = holding(tmp_path / "runs" / "version_0", CONFIGURATION, PROVENANCE)
    monkeypatch.chdir(tmp_path)
    assert run_folder_of(checkpoint_at(Path("runs/version_0/checkpoints/a.ckpt"), "..")) == Path("runs/version_0")
    monkeypatch.chdir(holding(run / "checkpoints"))
    assert run_folder_of(checkpoint_at(Path("a.ckpt"), "..")) == run
