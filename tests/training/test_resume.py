"""fit --ckpt_path, as typed: a fit goes on in its folder, and ends as if nothing had happened."""

import contextlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from cryptoforecast.training.settings import command_line
from tests.cli.helpers import AMIDST, ENDS, FIT, LAST_FILE, OFTEN, RUN, bits
from tests.helpers import Said, random_walk, write_yahoo
from tests.models.helpers import Kill, Killed

TypeIn = Callable[..., Said]


@pytest.fixture
def coin(tmp_path: Path, type_in: TypeIn) -> TypeIn:
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(140))
    return type_in


@pytest.fixture
def kill(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, float], None]:
    """Name the moment when the next fit is to be killed, as far as that can be played in one process."""
    around, planned = command_line.options_for_fit, [Kill()]

    def surroundings(*options: Any) -> dict[str, Any]:
        given, one = around(*options), planned.pop() if planned else Kill()
        return {**given, "callbacks": [one, *given["callbacks"]]}

    monkeypatch.setattr(command_line, "options_for_fit", surroundings)
    return lambda hook, left: planned.append(Kill(hook, left))


def curves(run: Path) -> dict[str, list[tuple[int, float]]]:
    events = EventAccumulator(str(run))
    events.Reload()
    return {tag: [(one.step, one.value) for one in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


@pytest.mark.parametrize("fit", [ENDS, AMIDST], ids=["end", "middle"])
def test_killed_and_gone_on_with_a_fit_ends_in_the_same_bits_verdict_and_curves(
    fit: tuple[str, ...], coin: TypeIn, kill: Callable[[str, float], None], tmp_path: Path
) -> None:
    whole = coin(*fit, "--trainer.logger.name=whole")
    kill("on_train_batch_end", 10)
    with contextlib.suppress(Killed):
        coin(*fit)
    kill("on_validation_end", 0)
    with contextlib.suppress(Killed):
        coin("fit", "--ckpt_path", LAST_FILE)  # its configuration is the run's
    said = coin(*fit, "--ckpt_path=last")
    assert said.status == 0, said.err
    assert [path.name for path in RUN.parent.iterdir()] == ["version_0"]
    verdict = [one.out.split("COIN-USD: 14 val")[1].split("checkpoint:")[0] for one in (whole, said)]
    assert verdict[0] == verdict[1]
    epochs = [
        [line.split()[:5] for line in one.out.splitlines() if line[:5].strip().isdigit()] for one in (whole, said)
    ]
    assert epochs[1] == epochs[0][-len(epochs[1]) :]  # their training losses too
    assert len(epochs[1]) in (1, 2)
    assert bits(RUN) == bits(Path("runs", "whole", "version_0"))
    assert curves(RUN) == curves(Path("runs", "whole", "version_0"))
    for name in ("lightning_logs", "whole"):
        best = Path("runs", name, "version_0", "checkpoints", "best.ckpt")
        assert coin("test", "--ckpt_path", best, "--output_dir", tmp_path / name).status == 0
    for file in ("forecasts.csv", "scores.json"):
        assert (tmp_path / "lightning_logs" / file).read_bytes() == (tmp_path / "whole" / file).read_bytes()


def test_the_same_command_gives_the_same_bits(coin: TypeIn) -> None:
    for number in (0, 1):
        assert coin(*ENDS).status == 0
        best = RUN.with_name(f"version_{number}") / "checkpoints" / "best.ckpt"
        assert coin("test", "--ckpt_path", best).status == 0
    one, two = RUN, RUN.with_name("version_1")
    assert bits(one) == bits(two)
    for file in ("forecasts.csv", "scores.json"):
        assert (one / file).read_bytes() == (two / file).read_bytes()


def test_a_fit_that_was_finished_says_so_and_ends_with_the_same_verdict(coin: TypeIn) -> None:
    before = coin(*ENDS)
    written = bits(RUN)
    said = coin("fit", "--ckpt_path", LAST_FILE)
    assert said.status == 0, said.err
    assert f"{LAST_FILE}: there is nothing left to train after 3 epochs" in said.out
    assert said.out.split("COIN-USD: 14 val")[1] == before.out.split("COIN-USD: 14 val")[1]
    assert bits(RUN) == written
    longer = coin("fit", "--ckpt_path", LAST_FILE, "--trainer.max_epochs=4")
    assert [line.split()[0] for line in longer.out.splitlines() if line[:5].strip().isdigit()] == ["3"]
    config = yaml.safe_load((RUN / "config.yaml").read_text())
    assert (config["trainer"]["max_epochs"], config["ckpt_path"]) == (4, None)  # run again, it begins anew


def test_a_run_folder_that_was_moved_goes_on_where_it_is(coin: TypeIn) -> None:
    assert coin(*ENDS, "--trainer.logger.name=whole").status == 0
    assert coin(*ENDS, "--trainer.max_epochs=1").status == 0
    moved = shutil.move(RUN, Path("elsewhere", "mine"))
    shutil.rmtree("runs/lightning_logs")
    said = coin("fit", "--ckpt_path", Path(moved, "checkpoints", "last.ckpt"), "--trainer.max_epochs=3")
    assert said.status == 0, said.err
    assert bits(Path(moved)) == bits(Path("runs", "whole", "version_0"))
    assert not Path("runs", "lightning_logs").exists()


def test_last_is_the_newest_run_that_has_one_and_where_there_is_none_a_new_one_begins(coin: TypeIn) -> None:
    said = coin(*ENDS, "--ckpt_path=last")
    assert (said.status, said.err) == (
        0,
        "notice: runs/lightning_logs: no run has a checkpoint yet; a new one begins.\n",
    )
    assert coin(*ENDS).status == 0
    RUN.with_name("version_2").mkdir()  # of a fit that was killed before its first checkpoint
    said = coin(*ENDS, "--ckpt_path=last", "--trainer.max_epochs=4")
    assert f"run      {RUN.with_name('version_1')}" in said.out


def changed(path: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    content = torch.load(path, weights_only=True)
    change(content)
    torch.save(content, path)
    return path


def test_what_keeps_going_on_from_being_exact_is_said(coin: TypeIn) -> None:
    assert coin(*ENDS, "--trainer.max_epochs=1").status == 0
    changed(LAST_FILE, lambda content: content["cryptoforecast"]["versions"].update(torch="1.0", cryptoforecast="9.9"))
    write_yahoo(Path("COIN-USD.csv"), random_walk(141))
    said = coin("fit", "--ckpt_path", LAST_FILE, "--trainer.max_epochs=2")
    assert said.status == 0, said.err
    assert (
        "notice: the checkpoint was written with cryptoforecast 9.9, and this is 0.1.0; the bits may differ" in said.err
    )
    assert "notice: the checkpoint was written with torch 1.0" in said.err
    assert "lightning" not in said.err
    assert "notice: the closes of COIN-USD are not those that the fit began with" in said.err


def test_a_checkpoint_of_another_version_that_cannot_be_made_names_both(coin: TypeIn) -> None:
    assert coin(*ENDS, "--trainer.max_epochs=1").status == 0

    def newer(content: dict[str, Any]) -> None:
        content["cryptoforecast"]["versions"]["cryptoforecast"] = "9.9"
        content["cryptoforecast"]["model"]["init_args"]["depth"] = 3

    changed(LAST_FILE, newer)
    for verb in ("test", "predict"):
        said = coin(verb, "--ckpt_path", LAST_FILE)
        assert (said.status, said.err.count("\n")) == (1, 1), said.err
        assert "it was written by cryptoforecast 9.9, and this is 0.1.0" in said.err


def test_weights_alone_and_an_epoch_of_another_length_are_no_place_to_go_on_from(coin: TypeIn) -> None:
    assert coin(*AMIDST, "--trainer.max_epochs=1").status == 0
    said = coin("fit", "--ckpt_path", LAST_FILE, "--data.batch_size=8")
    assert (said.status, said.err.count("\n")) == (1, 1), said.err
    assert "from the middle of an epoch of 7 batches, and now an epoch has 14; go on with the same closes" in said.err
    weights = OFTEN.replace("last,", "last, save_weights_only: true,")
    assert coin(*FIT, f"--trainer.callbacks=[{weights}]").status == 0
    said = coin("fit", "--ckpt_path", RUN.with_name("version_1") / "checkpoints" / "last.ckpt")
    assert (said.status, said.err.count("\n")) == (1, 1), said.err
    assert "last.ckpt: holds weights only" in said.err


def test_a_run_that_somebody_is_at_work_in_is_left_alone(coin: TypeIn) -> None:
    import fcntl

    assert coin(*ENDS, "--trainer.max_epochs=1").status == 0
    with (RUN / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        said = coin("fit", "--ckpt_path", LAST_FILE)
    assert (said.status, said.err) == (
        1, f"error: {RUN}: another fit is at work here; wait for it, or begin a new one without --ckpt_path.\n",
    )  # fmt: skip


class Trojan:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, ("touch trojan_ran",)


@pytest.mark.parametrize("verb", ["fit", "test", "predict"])
def test_a_checkpoint_that_would_run_code_or_is_of_no_forecaster_runs_nothing(verb: str, coin: TypeIn) -> None:
    assert coin(*ENDS, "--trainer.max_epochs=1").status == 0
    whole = LAST_FILE.read_bytes()
    for room in ("callbacks", "cryptoforecast", "optimizer_states"):
        content = torch.load(LAST_FILE, weights_only=True)
        content[room] = Trojan()
        torch.save(content, LAST_FILE)
        said = coin(verb, "--ckpt_path", LAST_FILE)
        assert (said.status, said.err.count("\n")) == (1, 1), said.err
        assert "last.ckpt: holds more than numbers and texts, and is not opened" in said.err
        assert not Path("trojan_ran").exists()
        LAST_FILE.write_bytes(whole)
    changed(LAST_FILE, lambda content: content["cryptoforecast"]["model"].update(class_path="os.system"))
    said = coin(verb, "--ckpt_path", LAST_FILE)
    assert (said.status, said.err.count("\n")) == (1, 1), said.err
    assert "os.system" in said.err
    assert {path.name for path in Path().iterdir()} == {"COIN-USD.csv", "runs"}
