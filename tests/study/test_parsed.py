"""Options that were parsed once for all fits of a walk."""

from pathlib import Path

import pytest
import torch

from cryptoforecast.data.sources.loaded_once import loaded_once
from cryptoforecast.study.command import make_backtest
from cryptoforecast.study.fit import Fit, fit_of
from cryptoforecast.study.fold_fit import FoldCommandLine, fit_fold, make_parser
from cryptoforecast.study.folds import cut_backtest
from cryptoforecast.study.parsed import parsed_options
from cryptoforecast.training.run_record import RunRecord
from cryptoforecast.training.settings.command_line import make
from tests.cli.helpers import BEST, QUICK, SIMULATED
from tests.helpers import not_none

CONFIG = """
data: {context_length: 7}
model: {class_path: LSTM, init_args: {hidden_size: 3, head: StudentT, optimizer: Adam}}
trainer: {gradient_clip_val: 0.5, accumulate_grad_batches: 2}
"""


def fit_alone(*words: str, folder: Path) -> tuple[Fit, bytes]:
    """The only fit of a backtest, and what its options came to when they were parsed."""
    made = make_backtest(words)
    (fold,) = cut_backtest(made.datamodule, 1)
    return fit_of(fold, 3, list(words), made.datamodule.series, folder), not_none(parsed_options(made))


def written(fit: Fit) -> dict[str, object]:
    """What a fit has written, without the curves, which have its process in their names."""
    fit_fold(fit)
    files = sorted(file for file in fit.folder.rglob("*") if file.is_file() and "tfevents" not in file.name)
    return {
        str(file.relative_to(fit.folder)): repr(torch.load(file, weights_only=True))
        if file.suffix == ".ckpt"
        else file.read_bytes()
        for file in files
    }


@pytest.mark.filterwarnings("ignore::jsonargparse._deprecated.JsonargparseDeprecationWarning")
@pytest.mark.parametrize("logged", [True, False])
def test_a_fit_writes_the_same_whether_it_parses_its_options_or_is_given_them(
    logged: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("model.yaml").write_text(CONFIG)
    words = [
        "--config=model.yaml",
        "--seed_everything=0",
        *QUICK[3:-2],
        *SIMULATED[:1],
        "--data.source.rows=300",
        QUICK[-1],
        f"--trainer.callbacks=[{BEST}]",
    ]
    words += [] if logged else ["--trainer.logger=false"]
    with loaded_once():  # else the time of loading differs
        fit, parsed = fit_alone(*words, folder=tmp_path / "out")
        first = written(fit)
        Path("model.yaml").unlink()
        assert written(fit._replace(parsed=parsed)) == first
        make_parser()
        assert written(fit._replace(parsed=parsed)) == first, "also with a parser that was made before"
    assert {"forecasts.csv", "checkpoints/best.ckpt"} <= first.keys()
    assert ("config.yaml" in first) is logged


@pytest.mark.filterwarnings("ignore::jsonargparse._deprecated.JsonargparseDeprecationWarning")
@pytest.mark.parametrize(
    "words",
    [
        [
            "--model.head=StudentT",
            "--data.test_from=2015-05-20",
            "--trainer.gradient_clip_val=0.5",
            "--model.hidden_size=3",
        ],
        ["--trainer.callbacks+=StochasticWeightAveraging", "--trainer.callbacks.swa_lrs=0.01"],
        ["--trainer.callbacks+=Timer", "--trainer.callbacks.duration={days: 1}"],
        ["--model.scheduler=StepLR", "--model.scheduler.step_size=3", "--data.val_from=2015-04-01"],
    ],
)
@pytest.mark.filterwarnings("ignore:\\s+Unable to serialize instance")  # the device of a class that averages weights
def test_the_configuration_of_a_fit_is_as_its_parsed_options_would_be_written(words: list[str], tmp_path: Path) -> None:
    words = [*QUICK, "--trainer.logger=true", "--seed_everything=0", *SIMULATED, *words]
    made = make_backtest(words)
    folds = cut_backtest(made.datamodule, 2)
    for fold in folds:
        fit = fit_of(fold, 3, words, made.datamodule.series, tmp_path)
        assert configuration_of(fit._replace(settings=made.text)) == configuration_of(fit)


def configuration_of(fit: Fit) -> str:
    """What would be written as the ``config.yaml`` of a fit."""
    made = make(["fit", *fit.words], FoldCommandLine, fit=fit)
    (record,) = (callback for callback in made.trainer.callbacks if isinstance(callback, RunRecord))
    return record.configuration


def test_options_with_a_value_that_no_bytes_can_hold_are_parsed_again() -> None:
    made = make_backtest([*QUICK, *SIMULATED, "--seed_everything=0"])
    made.config["fit"]["trainer"]["callbacks"] = [lambda: None]
    assert parsed_options(made) is None
