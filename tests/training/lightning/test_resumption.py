"""Training that was killed goes on to the same bits, whatever was under way."""

import contextlib
from pathlib import Path

import pytest
import torch
from lightning.pytorch.callbacks import ModelCheckpoint

from cryptoforecast.training.lightning.resumption import Resumption
from tests.helpers import some
from tests.models.helpers import Kill, Killed
from tests.training.lightning.ways import BATCHES, WAYS, Way, bits, flat

pytestmark = [
    pytest.mark.filterwarnings("ignore:Checkpoint directory"),
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
]
KILLS = [("on_train_batch_end", 9), ("on_validation_end", 0), ("on_train_epoch_end", 0), ("on_train_batch_end", 5),
         ("on_train_epoch_start", 1), ("on_validation_end", 0)]  # fmt: skip


@pytest.mark.parametrize(
    "way", [pytest.param(way, id=name, marks=[pytest.mark.slow] * (way.workers > 0)) for name, way in WAYS.items()]
)
def test_killed_again_and_again_training_ends_in_the_same_bits(way: Way, tmp_path: Path) -> None:
    whole = flat(bits(*way.train(tmp_path / "whole", Kill())))
    kills, last = 0, tmp_path / "broken" / "last.ckpt"
    for hook, left in KILLS[: 3 if way.workers else some(3, many=6)]:  # processes take seconds to start
        with contextlib.suppress(Killed):
            way.train(tmp_path / "broken", Kill(hook, left), last if last.exists() else None)
            continue
        kills += 1
    assert kills >= 3
    assert last.exists()
    assert flat(bits(*way.train(tmp_path / "broken", Kill(), last))) == whole
    names = [{path.name for path in (tmp_path / run).glob("*.ckpt")} for run in ("whole", "broken")]
    assert names[0] == names[1]


def test_a_finished_training_has_nothing_left_to_train(tmp_path: Path) -> None:
    way = WAYS["with early stopping, from the end of an epoch"]
    whole, model = way.train(tmp_path, Kill())
    assert 0 < whole.current_epoch < 20
    again, same = way.train(tmp_path, Kill(), tmp_path / "last.ckpt")
    (resumption,) = (one for one in again.callbacks if isinstance(one, Resumption))
    assert not resumption.trained
    assert again.current_epoch == whole.current_epoch
    assert flat(same.state_dict()) == flat(model.state_dict())


NAMES = ["best", "{epoch}-{val/loss:.3f}", "{epoch}/{step}", "deep/er/{epoch}"]


@pytest.mark.parametrize("name", NAMES)
def test_a_checkpoint_whose_name_makes_folders_is_found_again_also_where_the_run_was_moved(
    name: str, tmp_path: Path
) -> None:
    def train(folder: Path, epochs: int, path: Path | None = None) -> ModelCheckpoint:
        best = ModelCheckpoint(dirpath=folder, monitor="val/loss", filename=name, save_top_k=2)
        way = Way(None, lambda: best, best=False, max_epochs=epochs)
        way.train(folder, Kill(), path)
        return best

    whole = train(tmp_path / "whole", 5)
    train(tmp_path / "first", 3)
    (tmp_path / "first").rename(tmp_path / "moved")
    again = train(tmp_path / "moved", 5, tmp_path / "moved" / "last.ckpt")
    for state, folder in ((whole, "whole"), (again, "moved")):
        assert Path(state.best_model_path).is_file()
        assert all(Path(path).is_relative_to(tmp_path / folder) for path in state.best_k_models)
    names = [
        {path.relative_to(tmp_path / folder) for path in (tmp_path / folder).rglob("*.ckpt")}
        for folder in ("whole", "moved")
    ]
    assert names[0] == names[1]
    best = [{Path(path).name: score for path, score in state.best_k_models.items()} for state in (whole, again)]
    assert best[0] == best[1]


@pytest.mark.parametrize("road", ["{folder}/../valuable.ckpt", "{home}/valuable.ckpt"])
def test_a_checkpoint_cannot_have_files_outside_its_run_deleted(road: str, tmp_path: Path) -> None:
    def train(epochs: int, path: Path | None = None) -> None:
        best = ModelCheckpoint(dirpath=tmp_path / "run", monitor="val/loss", save_top_k=1)
        Way(None, lambda: best, best=False, max_epochs=epochs).train(tmp_path / "run", Kill(), path)

    train(1)
    valuable, hostile = tmp_path / "valuable.ckpt", tmp_path / "run" / "last.ckpt"
    valuable.write_text("of somebody else")
    content = torch.load(hostile, weights_only=True)
    named = road.format(folder=tmp_path / "run", home=tmp_path)
    (state,) = (one for name, one in content["callbacks"].items() if "val/loss" in name)
    state.update(best_k_models={named: torch.tensor(9.0)}, kth_best_model_path=named, kth_value=torch.tensor(9.0))
    state.update(best_model_path=named, last_model_path=named)
    torch.save(content, hostile)
    train(4, hostile)
    assert valuable.read_text() == "of somebody else"


def test_a_checkpoint_that_nobody_counts_on_is_overwritten_and_the_newest_keeps_its_name(tmp_path: Path) -> None:
    way = Way(last={}, best=False, max_epochs=2, check_val_every_n_epoch=3)
    trainer, _ = way.train(tmp_path, Kill())  # ends before the first validation, with which it would keep a checkpoint
    trainer.save_checkpoint(tmp_path / "last.ckpt")
    for epochs in (6, 9):
        way.settings["max_epochs"] = epochs
        trainer, _ = way.train(tmp_path, Kill(), tmp_path / "last.ckpt")
        assert trainer.global_step == epochs * BATCHES
        assert [path.name for path in tmp_path.glob("*.ckpt")] == ["last.ckpt"]
        assert torch.load(tmp_path / "last.ckpt", weights_only=True)["epoch"] == epochs - 1
