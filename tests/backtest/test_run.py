"""``cryptoforecast.backtest``, called from Python."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import cryptoforecast as cf
from cryptoforecast.cli.main import main
from tests.cli.helpers import QUICK, SIMULATED
from tests.helpers import Said, some

OPTIONS = {"hidden_size": 4, "num_layers": 1, "max_epochs": 1, "context_length": 12, "logger": False, "seed": 0}
SCRIPT = """
import cryptoforecast as cf
result = cf.backtest(source=cf.SimulatedSource(rows=300), model=cf.LSTM, folds=2, output_dir="out", progress=False,
                     hidden_size=4, max_epochs=1, context_length=12, seed=0)
print(f"{result.skill:.6f}")
"""


def test_the_function_gives_the_bytes_of_the_command_line(
    type_in: Callable[..., Said], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = (*QUICK, *SIMULATED, "--seed_everything=0", "--folds=1")
    said = type_in("backtest", *words, "--output_dir=typed")
    assert said.status == 0, said.err
    config = settings_of(words, capsys)
    result = cf.backtest(config, folds=1, output_dir="called", progress=False)
    assert Path("typed/forecasts.csv").read_bytes() == Path("called/forecasts.csv").read_bytes()
    assert result.folder == tmp_path / "called"


def settings_of(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> Path:
    """The settings of a command line in a file."""
    capsys.readouterr()
    with pytest.raises(SystemExit, match="0"):
        main(["fit", *(word for word in words if not word.startswith("--folds")), "--print_config"])
    Path("settings.yaml").write_text(capsys.readouterr().out)
    return Path("settings.yaml")


def test_a_run_is_fitted_again_by_its_own_configuration_and_the_result_holds_frames(
    type_in: Callable[..., Said],
) -> None:
    run = cf.fit(source=cf.SimulatedSource(rows=300), model=cf.GRU, name="small", progress=False, hidden_size=4,
                 max_epochs=1, context_length=12, seed=3)  # fmt: skip
    result = cf.backtest(run, folds=2, progress=False)
    assert result.folder == Path("runs/small/backtest").absolute()
    assert set(result.rows["model"]) == {"GRU", "RandomWalk", "Drift", "Mean"}
    assert set(result.rows["seed"].dropna()) == {3}
    table = result.table()
    assert isinstance(table, pd.DataFrame)
    assert table["fold"].tolist() == [0, 1, "all"]
    assert result.skill == pytest.approx(table["mean"].iloc[-1])
    assert result.sentence in repr(result).replace("\n", " ")
    assert "<table" in result._repr_html_()
    (events,) = (result.folder / "folds" / "fold_1_seed_3").glob("events*")
    tags = EventAccumulator(str(events)).Reload().Tags()
    assert {"train/loss", "val/skill"} <= set(tags["scalars"])
    assert tags["images"] == [], "of many fits, pictures would take longer than the fits"
    with pytest.raises(cf.UserError, match="folds is 0"):
        cf.backtest(run, folds=0)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["a script without a guard", *some([], many=["standard input"])])
def test_a_program_needs_no_guard(way: str, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(SCRIPT)
    words, given = (["mine.py"], None) if way.startswith("a script") else (["-"], SCRIPT)
    done = subprocess.run(
        [sys.executable, *words], cwd=tmp_path, input=given, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert -1 < float(done.stdout.splitlines()[-1]) < 1
    assert sorted(path.name for path in (tmp_path / "out" / "folds").iterdir()) == ["fold_0_seed_0", "fold_1_seed_0"]
