"""Several processes that train one model, as real processes."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests.copies import start_copy
from tests.helpers import CONFIGS, SMALL, Run, Said, not_none, random_walk, write_yahoo

# 231 training windows: of the last of the batches of 46 one is left, which only one of two processes can have. 3,000
# validation windows: three batches, of which one process has two.
FIT = ("fit", "--config", CONFIGS / "btc.yaml", "--data.source=SimulatedSource", "--data.source.rows=3273", *SMALL,
       "--data.val_from=243", "--data.test_from=3243")  # fmt: skip
TWO = ("--trainer.devices=2", "--trainer.strategy=ddp")
FORKED = ("--trainer.devices=2", "--trainer.strategy=ddp_fork")  # the second imports nothing anew, which takes seconds
CURVES = ("val/loss_random_walk", "val/rmse_random_walk", "val/loss", "val/rmse", "val/skill", "train/loss")


def start(folder: Path, *words: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "cryptoforecast", *map(str, words)]
    surroundings = {**os.environ, "PYTHONPATH": str(CONFIGS.parent), "OMP_NUM_THREADS": "1"}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, cwd=folder, env=surroundings, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    )


def train_in_two(folder: Path, *words: object) -> None:
    """Run a fit of two processes to its end, within two minutes, and see that it has nothing to complain of."""
    printed = folder / "printed.txt"
    process = start_copy(*map(str, (*words, *FORKED)), folder=folder, printed=printed)
    process.join(timeout=120)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(not_none(process.pid), signal.SIGKILL)
    assert (process.exitcode, printed.with_suffix(".err").read_text()) == (0, "")


def curves(run: Path, names: tuple[str, ...] = CURVES) -> dict[str, list[float]]:
    events = EventAccumulator(str(run))
    events.Reload()
    return {name: [point.value for point in events.Scalars(name)] for name in names}


@pytest.mark.slow
def test_two_processes_train_what_one_does_with_twice_the_batch(type_in: Callable[..., Said], tmp_path: Path) -> None:
    common = ("--trainer.max_epochs=2", "--trainer.accumulate_grad_batches=2")
    two = start(tmp_path, *FIT, *common, *TWO, "--data.batch_size=23", "--trainer.logger.init_args.name=two")
    alone = type_in(*FIT, *common, "--data.batch_size=46", "--trainer.logger.init_args.name=one")
    out, err = two.communicate(timeout=120)
    assert (two.returncode, err) == (0, "")
    assert alone.status == 0, alone.err
    assert {folder.name for folder in (tmp_path / "runs" / "two").iterdir()} == {"version_0"}
    assert len((tmp_path / "runs" / "ledger.jsonl").read_text().splitlines()) == 2
    assert out.count("closes   ") == out.count("epoch  ") == out.count("next: ") == 1
    runs = [tmp_path / "runs" / name / "version_0" for name in ("one", "two")]
    one, other = (torch.load(run / "checkpoints" / "last.ckpt")["state_dict"] for run in runs)
    for name, weights in one.items():
        if isinstance(weights, torch.Tensor):
            torch.testing.assert_close(other[name], weights, rtol=0, atol=1e-6)
    drawn, same = map(curves, runs)
    for name in CURVES:
        assert same[name] == (drawn[name] if "random_walk" in name else pytest.approx(drawn[name], abs=1e-4, rel=1e-4))
        assert len(same[name]) == 2


NAMES_ALL = """
import torch
from cryptoforecast import Forecaster


class NamesAll(Forecaster):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.coins = torch.nn.Embedding(self.series_count + 1, 3)
        self.linear = torch.nn.Linear(self.context_length + 3 + 1 + 1, self.outputs)
        self.hint = torch.nn.Parameter(torch.tensor(0.1))

    def forward(self, x, series, times, future, target=None):
        hours = (times[:, -1:] - times[:, :1]).to(x) / 3.6e12
        seen = torch.cat([x[:, :, 0], self.coins(series), future.mean(dim=1), hours / 100], dim=1)
        hint = 0 if target is None else self.hint * target
        return self.linear(seen) + hint

    def weight(self, window):
        return 1 + (window.origin // 86_400_000_000_000 % 5).double()
"""


@pytest.mark.slow
def test_two_processes_agree_with_one_on_all_that_forward_names_and_on_weights(
    type_in: Callable[..., Said], tmp_path: Path
) -> None:
    (tmp_path / "names_all.py").write_text(NAMES_ALL)
    for seed, name in enumerate(("ONE-USD", "TWO-USD")):
        write_yahoo(tmp_path / f"{name}.csv", random_walk(150, seed=seed))
    coins = [{"class_path": "CsvSource", "init_args": {"path": f"{name}-USD.csv"}} for name in ("ONE", "TWO")]
    common = ("fit", "--model=names_all.NamesAll", f"--data.source={json.dumps(coins)}", "--data.context_length=8",
              "--data.horizon=2", "--data.future=[day_of_week]", "--trainer.max_epochs=2", "--seed_everything=3",
              "--trainer.accelerator=cpu")  # fmt: skip
    train_in_two(tmp_path, *common, "--data.batch_size=11", "--name=two")
    alone = type_in(*common, "--data.batch_size=22", "--name=one")
    assert alone.status == 0, alone.err
    runs = [tmp_path / "runs" / name / "version_0" for name in ("one", "two")]
    one, other = (torch.load(run / "checkpoints" / "last.ckpt")["state_dict"] for run in runs)
    for name, weights in one.items():
        if isinstance(weights, torch.Tensor):
            torch.testing.assert_close(other[name], weights, rtol=0, atol=1e-6)
    drawn, same = (curves(run, ("val/loss", "val/rmse", "train/loss")) for run in runs)
    for name, values in drawn.items():
        assert same[name] == pytest.approx(values, abs=1e-4, rel=1e-4)


def test_judging_on_two_devices_gives_the_files_of_one(fitted: Run, type_in: Callable[..., Said]) -> None:
    for verb in ("validate", "test"):
        for folder, devices in (("one", ()), ("two", TWO)):
            said = type_in(verb, "--ckpt_path", fitted.checkpoint, "--output_dir", folder, *devices)
            assert said.status == 0, said.err
        for name in ("forecasts.csv", "scores.json"):
            assert Path("one", name).read_bytes() == Path("two", name).read_bytes()
    plain, shared = (type_in("predict", "--ckpt_path", fitted.checkpoint, *devices) for devices in ((), TWO))
    assert plain == shared


def test_a_model_with_nothing_to_learn_is_not_shared(type_in: Callable[..., Said], tmp_path: Path) -> None:
    said = type_in(*FIT, *TWO, "--model=RandomWalk")
    assert said.err == "error: RandomWalk has no weights for 2 processes to train; set trainer.devices to 1.\n"
    assert said.status == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("case", ["interrupted", "the second killed"])
def test_no_process_outlives_the_other(case: str, tmp_path: Path) -> None:
    fit = start(tmp_path, *FIT, *TWO, "--trainer.max_epochs=100000", "--trainer.callbacks=[]")
    assert fit.stdout is not None
    for line in fit.stdout:
        if line[:5].strip() == "1":
            break
    if case == "interrupted":
        os.killpg(fit.pid, signal.SIGINT)
    else:
        (second,) = (pid for pid in alive(fit.pid) if pid != fit.pid)
        os.kill(second, signal.SIGKILL)
    _, err = fit.communicate(timeout=60)
    ended = "error: another process of this fit has ended, and with it this one.\n"
    assert err == ended if case == "the second killed" else err.startswith("error: interrupted")
    assert (len(err.splitlines()), fit.returncode) == (1, 1)
    assert alive(fit.pid) == []


def alive(group: int) -> list[int]:
    """The processes of a group that have not ended."""
    said = subprocess.run(["ps", "-eo", "pid,pgid,stat"], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in said.splitlines()[1:]]
    return [int(pid) for pid, of, state in rows if int(of) == group and not state.startswith("Z")]


@pytest.mark.slow
def test_a_fit_of_two_processes_that_goes_on_from_the_last_batch_of_an_epoch_ends_in_the_same_bits(
    tmp_path: Path,
) -> None:
    callbacks = "[{class_path: ModelCheckpoint, init_args: {monitor: val/loss, filename: best}}, {class_path: " \
        "ModelCheckpoint, init_args: {filename: '{step}', every_n_train_steps: 3, save_top_k: -1}}]"  # fmt: skip
    runs = [tmp_path / "runs" / name / "version_0" for name in ("whole", "broken")]
    for run, epochs in zip(runs, (3, 2), strict=True):
        common = (f"--trainer.callbacks={callbacks}", "--data.batch_size=39", f"--trainer.max_epochs={epochs}")
        train_in_two(tmp_path, *FIT, *common, f"--trainer.logger.init_args.name={run.parent.name}")
    last_batch = runs[1] / "checkpoints" / "step=6.ckpt"
    train_in_two(tmp_path, "fit", "--ckpt_path", last_batch, "--trainer.max_epochs=3")
    one, other = (torch.load(run / "checkpoints" / "step=9.ckpt")["state_dict"] for run in runs)
    assert all(torch.equal(other[name], weights) for name, weights in one.items() if isinstance(weights, torch.Tensor))
    assert curves(runs[0]) == curves(runs[1])


@pytest.mark.slow
def test_two_processes_train_a_head_on_the_same_rung_as_one_does_with_twice_the_batch(
    type_in: Callable[..., Said], tmp_path: Path
) -> None:
    common = ("--trainer.max_epochs=1", "--model.head=StudentT")
    train_in_two(tmp_path, *FIT, *common, "--data.batch_size=23", "--trainer.logger.init_args.name=two")
    alone = type_in(*FIT, *common, "--data.batch_size=46", "--trainer.logger.init_args.name=one")
    assert alone.status == 0, alone.err
    runs = [tmp_path / "runs" / name / "version_0" for name in ("one", "two")]
    one, other = (torch.load(run / "checkpoints" / "last.ckpt")["state_dict"] for run in runs)
    assert one["output_head.base._extra_state"] == other["output_head.base._extra_state"]
    for name, weights in one.items():
        if isinstance(weights, torch.Tensor):
            torch.testing.assert_close(other[name], weights, rtol=0, atol=1e-6)
    drawn, same = (curves(run, ("val/loss", "val/crps", "val/density_skill", "train/loss")) for run in runs)
    for name, values in drawn.items():
        assert same[name] == pytest.approx(values, abs=1e-4, rel=1e-4)
