"""Every try enters the ledger, with the code it is written in; and each sentence says which it is about."""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cryptoforecast.evaluation.ledger import read_ledger
from tests.helpers import CONFIGS, SMALL, Said, random_walk, write_yahoo

TypeIn = Callable[..., Said]
NET = """
import helper
from torch import nn
from cryptoforecast import Forecaster

class Net(Forecaster):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.head = nn.Linear(self.context_length, self.horizon)

    def forward(self, x):
        return helper.scale(self.head(x[..., 0]))
"""
HELPER = "def scale(x):\n    return 0.1 * x\n"
WEIGHTLESS = """
from cryptoforecast import Forecaster

class Same(Forecaster):
    def forecast(self, context):
        return (1 + SHARE) * context[:, -1:, 0].expand(-1, self.horizon)
"""
CONFIG = ("--config", CONFIGS / "btc.yaml")
OPTIONS = ("--data.source=CsvSource", *[word for word in SMALL if "hidden_size" not in word])


@pytest.fixture
def coin(type_in: TypeIn, tmp_path: Path) -> TypeIn:
    """Type a verb on a coin's file, in a folder that has a variant and its helper."""
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(300))
    (tmp_path / "net.py").write_text(NET)
    (tmp_path / "helper.py").write_text(HELPER)
    return type_in


def fit(coin: TypeIn, *words: object, path: str = "COIN-USD.csv") -> Path:
    before = set(Path("runs/btc-Net").glob("*"))
    said = coin("fit", *CONFIG, *OPTIONS, f"--data.source.path={path}", "--model=net.Net", *words)
    assert said.status == 0, said.err
    (run,) = set(Path("runs/btc-Net").glob("version_*")) - before
    return run


def place(coin: TypeIn, run: Path, *words: object) -> str:
    """What the sentence of ``test`` says of the place of a run's best checkpoint."""
    said = coin("test", "--ckpt_path", run / "checkpoints" / "best.ckpt", *words)
    assert said.status == 0, said.err
    found = re.search(r"the (\w+(?: of \d+)? variants? tried on these targets(?:, fit \d+ of \d+)?)", said.out)
    assert found is not None, said.out
    assert found[0] in json.loads((run / "scores.json").read_text())["verdict"]
    return found[1]


def edit(module: str, content: str) -> None:
    """Edit a file, as between two commands, each of which is a process that imports anew."""
    Path(f"{module}.py").write_text(content)
    for name in ("net", "helper"):
        sys.modules.pop(name, None)


@pytest.mark.slow
def test_an_edited_class_or_helper_is_another_variant_and_the_same_one_is_not(coin: TypeIn) -> None:
    first = fit(coin)
    assert place(coin, first) == "1st variant tried on these targets"
    assert place(coin, first) == "1st variant tried on these targets"  # looked at twice
    edit("helper", HELPER.replace("0.1", "0.2"))
    second = fit(coin)
    assert place(coin, second) == "2nd variant tried on these targets"
    edit("net", NET.replace("x[..., 0]", "x[..., 0].abs()"))
    third = fit(coin)
    assert place(coin, third) == "3rd variant tried on these targets"
    # The second's weights in the third's code are a try too.
    assert place(coin, second) == "3rd variant tried on these targets, fit 4 of 4"
    assert [(run / "code" / "helper.py").read_text()[-9:] for run in (first, third)] == [" 0.1 * x\n", " 0.2 * x\n"]
    assert (first / "code" / "net.py").read_text() == NET


def test_a_checkpoint_whose_code_has_changed_is_noticed_by_the_files_name_and_is_another_try(
    coin: TypeIn,
) -> None:
    run = fit(coin)
    edit("helper", HELPER.replace("0.1", "0.2"))
    said = coin("test", "--ckpt_path", run / "checkpoints" / "best.ckpt")
    assert said.err.startswith("notice: helper.py has changed since the fit; this is not what was fitted")
    assert "the 2nd variant tried on these targets" in said.out
    said = coin("fit", "--ckpt_path", run / "checkpoints" / "last.ckpt", "--trainer.max_epochs=2")
    assert (said.status, "notice: helper.py has changed since the fit; the fit goes on" in said.err) == (0, True)


def test_a_backtest_refuses_to_go_on_with_a_helper_that_has_changed_and_names_it(coin: TypeIn) -> None:
    words = ("backtest", *CONFIG, *OPTIONS, "--data.source.path=COIN-USD.csv", "--model=net.Net",
             "--folds=1", "--output_dir=out")  # fmt: skip
    said = coin(*words)
    assert said.status == 0, said.err
    assert "the 1st variant tried on these targets" in said.out
    assert Path("out/code/helper.py").read_text() == HELPER
    edit("helper", HELPER.replace("0.1", "0.2"))
    said = coin(*words)
    assert said.err == (
        f"error: {Path('out').absolute()}: helper.py has changed since; go on with the code as it was (a copy is in "
        f"{Path('out').absolute()}/code), or set another --output_dir.\n"
    )


@pytest.mark.slow
def test_seeds_and_fits_without_one_are_tries_of_one_variant(coin: TypeIn) -> None:
    runs = [fit(coin, f"--seed_everything={seed}") for seed in (0, "false", "false")]
    assert [place(coin, run) for run in runs] == [
        f"1st variant tried on these targets, fit {number} of 3" for number in (1, 2, 3)
    ]


@pytest.mark.slow
def test_a_moved_file_that_has_grown_is_the_same_variant_and_another_source_is_not(coin: TypeIn) -> None:
    runs = [fit(coin)]
    Path("moved").mkdir()
    write_yahoo(Path("moved/COIN-USD.csv"), random_walk(300))
    runs.append(fit(coin, path="moved/COIN-USD.csv"))
    assert [place(coin, run) for run in runs] == 2 * ["1st variant tried on these targets"]
    assert place(coin, fit(coin, "--data.source.gaps=ffill")) == "2nd variant tried on these targets"


@pytest.mark.slow
def test_other_checkpoints_and_other_borders_are_tries_too(coin: TypeIn) -> None:
    run = fit(coin, "--trainer.max_epochs=3", "--model.optimizer.lr=0.1")
    assert place(coin, run) == "1st variant tried on these targets"
    assert place(coin, run, "--data.test_from=0.92", "--output_dir", run).endswith("fit 2 of 2")
    said = coin("test", "--ckpt_path", run / "checkpoints" / "last.ckpt")
    assert said.status == 0, said.err


def test_a_model_that_learns_nothing_is_a_try_and_a_baseline_is_none(coin: TypeIn) -> None:
    test = ("test", "--data.source=CsvSource", "--data.source.path=COIN-USD.csv", "--output_dir=out")
    for share, ordinal in (("0.001", "1st"), ("0.002", "2nd")):
        edit("net", WEIGHTLESS.replace("SHARE", share))
        said = coin(*test, "--model=net.Same")
        assert (said.status, f"the {ordinal} variant tried on these targets" in said.out) == (0, True), said
    said = coin(*test, "--model=Drift")
    assert said.status == 0, said.err
    assert "tried on these targets" not in said.out
    assert len(read_ledger(Path("runs/ledger.jsonl"))) == 2


def test_a_try_is_counted_before_anybody_reads_its_verdict(coin: TypeIn, monkeypatch: pytest.MonkeyPatch) -> None:
    run = fit(coin)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cryptoforecast.cli.judge.print_verdict", killed)
    coin("test", "--ckpt_path", run / "checkpoints" / "best.ckpt", "--data.test_from=0.95")
    assert [entry["kind"] for entry in read_ledger(Path("runs/ledger.jsonl"))] == ["fit", "test"]


def test_where_the_ledger_cannot_be_written_nothing_is_claimed(coin: TypeIn, monkeypatch: pytest.MonkeyPatch) -> None:
    run = fit(coin)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cryptoforecast.training.ledger_entries.append_entry", full)
    said = coin("test", "--ckpt_path", run / "checkpoints" / "best.ckpt")
    assert "No claim on Net: its RMSE is" in said.out
    assert "but the ledger cannot be written, so this try is not counted." in said.out


def test_an_audit_enters_nothing(coin: TypeIn) -> None:
    said = coin("audit", *CONFIG, *OPTIONS, "--data.source.path=COIN-USD.csv", "--model=net.Net")
    assert said.status == 0, said.err
    assert not Path("runs").exists()
