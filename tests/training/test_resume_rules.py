"""A fit that goes on with another setting: it is refused before anything is written, or said and truly in effect."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from cryptoforecast.cli.main import main
from cryptoforecast.training.resume_rules import RULES, Rule, rule_of
from tests.cli.helpers import BEST, ENDS, FIT, LAST, LAST_FILE, RUN
from tests.helpers import Said, random_walk, some, write_yahoo

TypeIn = Callable[..., Said]
STEP = "--model.scheduler=StepLR", "--model.scheduler.step_size=2", "--model.scheduler.gamma=0.5"
MORE = "--trainer.max_epochs=4"
BATCHES = 7  # an epoch
EARLY = "{class_path: EarlyStopping, init_args: {monitor: val/skill, mode: min, patience: 1}}"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Runs to go on in: of an optimizer alone, with a scheduler, stopped early, and from the middle of an epoch."""
    home = tmp_path_factory.mktemp("trained")
    write_yahoo(home / "COIN-USD.csv", random_walk(140))
    amid = LAST.replace("last", "last, every_n_train_steps: 9")
    early = f"--trainer.callbacks=[{LAST}, {BEST}, {EARLY}]"
    ways = {"plain": (), "scheduler": STEP, "early": (early, "--trainer.max_epochs=9"),
            "middle": (f"--trainer.callbacks=[{BEST}, {amid}]",)}  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        for name, words in ways.items():
            assert main([*ENDS, "--trainer.max_epochs=2", *words]) == 0
            shutil.move("runs", home / name)
    return {name: home / name for name in ways}


@pytest.fixture
def go_on(trained: dict[str, Path], type_in: TypeIn, tmp_path: Path) -> TypeIn:
    """Go on in a copy of one of the runs: ``go_on("plain", "--trainer.max_epochs=4")``."""
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(140))

    def typed(name: str, *words: str) -> Said:
        if not Path("runs").exists():
            shutil.copytree(trained[name], "runs")
        return type_in("fit", "--ckpt_path", LAST_FILE, *words)

    return typed


def files() -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(Path("runs").rglob("*")) if path.is_file()}


def last() -> dict[str, Any]:
    content: dict[str, Any] = torch.load(LAST_FILE, weights_only=True)
    return content


REFUSED = {
    "another optimizer": ("plain", "model.optimizer", "--model.optimizer=SGD", "--model.optimizer.lr=0.02"),
    "a flag of the optimizer": ("plain", "model.optimizer.amsgrad", "--model.optimizer.amsgrad=true"),
    "a scheduler that was none": ("plain", "model.scheduler", *STEP),
    "another scheduler": ("scheduler", "model.scheduler", "--model.scheduler=ExponentialLR",
                          "--model.scheduler.gamma=0.9"),
    "no scheduler any more": ("scheduler", "model.scheduler", "--model.scheduler=null"),
    "another seed": ("plain", "seed_everything", "--seed_everything=8"),
    "another border": ("plain", "data.val_from", "--data.val_from=0.7"),
    "another end of the validation": ("plain", "data.test_from", "--data.test_from=0.95"),
    "another size": ("plain", "model.hidden_size", "--model.hidden_size=3"),
    "fewer epochs than are behind": ("plain", "trainer.max_epochs", "--trainer.max_epochs=1"),
    "another accumulation within an epoch": ("middle", "trainer.accumulate_grad_batches",
                                             "--trainer.accumulate_grad_batches=4"),
    "another count of batches within an epoch": ("middle", "trainer.limit_train_batches",
                                                 "--trainer.limit_train_batches=5"),
    "another batch size within an epoch": ("middle", "batch_size", "--data.batch_size=8"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_what_may_not_change_is_refused_before_anything_is_written(
    case: tuple[str, ...], go_on: TypeIn, trained: dict[str, Path]
) -> None:
    name, setting, *words = case
    shutil.copytree(trained[name], "runs")
    before = files()
    said = go_on(name, MORE, *words)
    assert (said.status, said.err.count("\n")) == (1, 1), said.err
    assert said.err.startswith("error: ")
    assert setting in said.err
    assert {path: content for path, content in files().items() if not path.endswith(".lock")} == {
        path: content for path, content in before.items() if not path.endswith(".lock")
    }


def test_what_was_refused_leaves_a_run_that_goes_on(go_on: TypeIn) -> None:
    assert go_on("plain", MORE, "--model.optimizer=SGD", "--model.optimizer.lr=0.02").status == 1
    said = go_on("plain", MORE)
    assert (said.status, said.err) == (0, "")
    assert last()["global_step"] == 4 * BATCHES


def rate(content: dict[str, Any]) -> float:
    return float(content["optimizer_states"][0]["param_groups"][0]["lr"])


def option(name: str) -> Callable[[dict[str, Any]], Any]:
    return lambda content: content["optimizer_states"][0]["param_groups"][0][name]


def setting(name: str) -> Callable[[dict[str, Any]], Any]:
    return lambda content: content["callbacks"]["Resumption"]["settings"][name]


def steps(content: dict[str, Any]) -> int:
    return int(content["global_step"])


NOTED = {
    "another learning rate": ("plain", "model.optimizer.lr", rate, 0.1, "--model.optimizer.lr=0.1"),
    "another rate under a scheduler": ("scheduler", "model.optimizer.lr", rate, 0.1 / 4, "--model.optimizer.lr=0.1"),
    "another decay": ("plain", "model.optimizer.weight_decay", option("weight_decay"), 0.5,
                      "--model.optimizer.weight_decay=0.5"),
    "other moments": ("plain", "model.optimizer.betas", option("betas"), (0.5, 0.9),
                      "--model.optimizer.betas=[0.5, 0.9]"),
    "a scheduler's argument": ("scheduler", "model.scheduler.gamma", rate, 0.02 * 0.5 * 0.1,
                               "--model.scheduler.gamma=0.1"),
    "another accumulation": ("plain", "trainer.accumulate_grad_batches", steps, 2 * BATCHES + 2 * 2,
                             "--trainer.accumulate_grad_batches=4"),
    "a part of each epoch": ("plain", "trainer.limit_train_batches", steps, 2 * BATCHES + 2 * 3,
                             "--trainer.limit_train_batches=3"),
    "another batch size": ("plain", "data.batch_size", steps, 2 * BATCHES + 2 * 14, "--data.batch_size=8"),
    "another clipping": ("plain", "trainer.gradient_clip_val", setting("trainer.gradient_clip_val"), 0.5,
                         "--trainer.gradient_clip_val=0.5"),
    "another precision": ("plain", "trainer.precision", lambda content: {
        str(value.dtype) for name, value in content["state_dict"].items() if "weight" in name}, {"torch.float64"},
        "--trainer.precision=64-true"),
    "a callback more": ("plain", "trainer.callbacks.EarlyStopping", lambda content: any(
        name.startswith("EarlyStopping") and "val/skill" in name for name in content["callbacks"]), True,
        f"--trainer.callbacks=[{LAST}, {BEST}, {EARLY.replace('patience: 1', 'patience: 7')}]"),
}  # fmt: skip


FEW = ("another rate under a scheduler", "another accumulation", "another batch size", "a callback more")
TRIED = some({name: NOTED[name] for name in FEW}, many=NOTED)


@pytest.mark.parametrize(("name", "setting", "effect", "value", "word"), TRIED.values(), ids=TRIED)
def test_what_may_change_is_said_and_truly_in_effect(
    name: str, setting: str, effect: Callable[[dict[str, Any]], Any], value: Any, word: str, go_on: TypeIn
) -> None:
    said = go_on(name, MORE, word)
    assert said.status == 0, said.err
    assert any(line.startswith(f"notice: {setting}") and "from here on" in line for line in said.err.splitlines()), (
        said.err
    )
    assert effect(last()) == (pytest.approx(value) if isinstance(value, float) else value)
    again = go_on(name, "--trainer.max_epochs=5")  # its configuration has the new setting now
    assert (again.status, again.err) == (0, "")


def test_the_table_has_a_rule_for_each_name() -> None:
    assert all(rule_of(name) is rule for name, rule in RULES.items() if not name.endswith("."))
    assert rule_of("model.scheduler.gamma") is rule_of("trainer.callbacks.EarlyStopping().patience") is Rule.NOTED
    assert rule_of("model.optimizer.amsgrad") is rule_of("model.scheduler[1]") is rule_of("anything.else") is Rule.FIXED
    assert rule_of("model.optimizer[1].lr") is Rule.NOTED


def test_a_fit_that_was_stopped_early_says_so_and_goes_on_with_more_patience_or_without(go_on: TypeIn) -> None:
    stopped = last_epoch = None
    for words in ((), (f"--trainer.callbacks=[{LAST}, {BEST}, {EARLY.replace('patience: 1', 'patience: 5')}]",),
                  (f"--trainer.callbacks=[{LAST}, {BEST}]",)):  # fmt: skip
        shutil.rmtree("runs", ignore_errors=True)
        said = go_on("early", *words)
        assert said.status == 0, said.err
        if not words:
            assert "there is nothing left to train after" in said.out
            assert "EarlyStopping has seen val/skill no better 1 times; more patience than 1" in said.out
            stopped = last()["epoch"]
        else:
            assert "nothing left" not in said.out, (words, said)
            last_epoch = last()["epoch"]
            assert last_epoch > stopped


def test_a_fit_whose_time_was_over_goes_on_with_more_time(type_in: TypeIn, tmp_path: Path) -> None:
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(140))
    endless = (*FIT, f"--trainer.callbacks=[{LAST}, {BEST}]", "--trainer.max_epochs=-1")  # only time ends it
    assert type_in(*endless, "--trainer.max_time=00:00:00:01").status == 0
    before = last()["epoch"]
    said = type_in("fit", "--ckpt_path", LAST_FILE)
    assert "seconds have gone into it; a longer trainer.max_time lets it go on" in said.out
    more = f"--trainer.max_epochs={before + 3}"
    said = type_in("fit", "--ckpt_path", LAST_FILE, "--trainer.max_time=00:01:00:00", more)
    assert "nothing left" not in said.out
    assert last()["epoch"] == before + 2


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 not whole"])
def test_a_damaged_last_checkpoint_is_named_and_no_new_fit_begins(
    damage: bytes, go_on: TypeIn, type_in: TypeIn
) -> None:
    assert go_on("plain").status == 0
    LAST_FILE.write_bytes(damage)
    said = type_in("fit", "--ckpt_path", str(LAST_FILE))
    assert (said.status, said.err.count("\n")) == (1, 1), said.err
    assert said.err.startswith(f"error: {LAST_FILE}: cannot be read as a checkpoint")
    said = type_in(*ENDS, MORE, "--ckpt_path=last")
    assert said.status == 0, said.err
    best = LAST_FILE.with_name("best.ckpt")
    assert said.err.startswith(f"notice: {LAST_FILE}: cannot be read as a checkpoint")
    assert f"it is passed over for {best}, with which the fit goes on.\n" in said.err
    assert last()["global_step"] == 4 * BATCHES
    best.write_bytes(damage)
    LAST_FILE.write_bytes(damage)
    said = type_in(*ENDS, MORE, "--ckpt_path=last")
    assert (said.status, said.err.count("\n")) == (1, 1), said.err
    assert said.err.startswith(f"error: {LAST_FILE}: cannot be read as a checkpoint")
    assert [path.name for path in RUN.parent.iterdir()] == ["version_0"]
