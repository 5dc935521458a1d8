"""What a user can get wrong: one sentence, a non-zero exit, no traceback, nothing half-written."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.helpers import BTC, COIN, refused
from tests.helpers import CONFIGS, SMALL, Run, Said, random_walk, write_yahoo

MISTYPED = {
    (*BTC, "--model.hiden_size=8"): "LSTM has no option hiden_size; the nearest is hidden_size",
    (*BTC, "--model.optimizer.lrr=1"): "Adam has no option lrr; the nearest is lr",
    (*BTC, "--model=LSTN"): "model: there is no LSTN; the nearest is LSTM",
    (
        *BTC,
        "--model=my_lstm.Mine",
    ): "my_lstm.Mine cannot be imported from the working folder: No module named 'my_lstm'",
    (*BTC, "--model.scaling=TrainMinMacs"): "there is no TrainMinMacs; the nearest is TrainMinMax",
    (*BTC, "--model.horizon=3"): "model.horizon is taken from data.horizon; set data.horizon instead",
    (*BTC, "--model.init_args.context_length=3"): "set data.context_length instead",
    (*BTC, "--data.hrizon=3"): "There is no option --data.hrizon; the nearest is data.horizon",
    (*BTC, "--trainer.max_epoch=3"): "There is no option --trainer.max_epoch; the nearest is trainer.max_epochs",
    (*BTC, "--data.batch_size=x"): "data.batch_size: x is not of type int",
    (*BTC, "--data.source=CsvSource"): "CsvSource needs path; set data.source.path",
    (*COIN, "--data.source.gaps=maybe"): "data.source.gaps: maybe is none of 'error', 'sessions', 'ffill', 'split'",
    ("fit", "--config", "nowhere.yaml"): "nowhere.yaml: no such configuration file",
    ("fit",): "data.source and model must be given",
    ("fit", "--config", CONFIGS / "zoo.yaml"): "is no option of a single fit; study takes a configuration that has it.",
    ("fitt",): "There is no verb fitt; the nearest is fit",
    (): "A verb is wanted: data, fit, test, validate, backtest, study, tune, predict, export, register",
}
BROKEN = {
    "": "COIN.csv: the file is empty",
    "Date,Open\n2020-01-01,1\n": "no close column among Open",
    "Date,Close\n2020-01-01,1\n2020-01-02,abc\n": "line 3: the close is 'abc', not a number",
    "Date,Close\n2020-01-01,1\n2020-01-02,0\n": "COIN: the close at 2020-01-02 is 0",
    "Date,Close\n2020-01-01,1\n2020-01-02,-2\n": "COIN: the close at 2020-01-02 is -2",
    "Date,Close\n2020-01-01,1\n2020-01-02,\n2020-01-03,3\n": "COIN: no close at 2020-01-02; set data.source.gaps",
    "Date,Close\n2020-01-01,1\n2020-01-01,2\n2020-01-02,2\n": "COIN: two closes at 2020-01-01, 1 and 2",
    "Date,Close\n2020-01-01,1\n2020-01-02,1\n2020-01-05,2\n": "COIN: 3 days between the bars of 2020-01-02",
    "Date,Close\n" + "".join(f"2020-01-{day},1\n" for day in range(10, 30)): "COIN: 20 closes leave no train window",
}  # fmt: skip


@pytest.mark.parametrize(("words", "sentence"), MISTYPED.items(), ids=MISTYPED.values())
def test_a_mistyped_command_is_told_the_nearest_right_one(
    words: tuple[object, ...], sentence: str, type_in: Callable[..., Said], tmp_path: Path
) -> None:
    refused(type_in(*words), 2, sentence)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("text", "sentence"), BROKEN.items(), ids=BROKEN.values())
def test_a_broken_file_is_refused_before_anything_is_written(
    text: str, sentence: str, type_in: Callable[..., Said], tmp_path: Path
) -> None:
    (tmp_path / "COIN.csv").write_text(text)
    refused(type_in(*COIN), 1, sentence)
    assert [path.name for path in tmp_path.iterdir()] == ["COIN.csv"]


def test_a_missing_file_is_named(type_in: Callable[..., Said], tmp_path: Path) -> None:
    refused(type_in(*COIN), 1, "COIN.csv: no such file; data.source.path")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        (("--data.val_from=2020-09-01", "--data.test_from=2020-08-01"), "data.val_from (2020-09-01) is not before"),
        (("--data.context_length=400",), "leave no train window with data.context_length 400"),
        (("--data.horizon=0",), "data.horizon is 0"),
        (("--data.start=soon",), "data.start is 'soon'"),
        (("--trainer.accelerator=gpus",), "gpus"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_before_anything_is_written(
    setting: tuple[str, ...], sentence: str, type_in: Callable[..., Said], tmp_path: Path
) -> None:
    write_yahoo(tmp_path / "COIN.csv", random_walk(300))
    refused(type_in(*COIN, *setting), 1, sentence)
    assert [path.name for path in tmp_path.iterdir()] == ["COIN.csv"]


def test_a_key_that_a_config_misspells_is_named(type_in: Callable[..., Said], tmp_path: Path) -> None:
    text = (CONFIGS / "paper_split.yaml").read_text().replace("max_epochs", "max_epoch")
    (tmp_path / "mine.yaml").write_text(text)
    refused(
        type_in("fit", "--config", "mine.yaml"), 2, "no option trainer.max_epoch; the nearest is trainer.max_epochs"
    )
    (tmp_path / "mine.yaml").write_text("a: [1")
    refused(type_in("fit", "--config", "mine.yaml"), 2, "mine.yaml, line 2: did not find expected ',' or ']'.")


@pytest.mark.parametrize("verb", ["validate", "test", "predict"])
def test_a_checkpoint_that_is_not_ours_is_refused(verb: str, type_in: Callable[..., Said], tmp_path: Path) -> None:
    refused(type_in(verb, "--ckpt_path=nowhere.ckpt"), 1, "nowhere.ckpt: no such checkpoint")
    (tmp_path / "junk.ckpt").write_text("junk")
    refused(type_in(verb, "--ckpt_path=junk.ckpt"), 1, "junk.ckpt: cannot be read as a checkpoint")


def test_a_checkpoints_model_and_lengths_cannot_be_changed(fitted: Run, type_in: Callable[..., Said]) -> None:
    for option in ("--model=GRU", "--model.hidden_size=3", "--data.horizon=3", "--data.context_length=3"):
        refused(
            type_in("test", "--ckpt_path", fitted.checkpoint, option), 2, f"{option.split('=')[0]} cannot be changed"
        )


def test_weights_that_were_never_trained_are_not_scored(type_in: Callable[..., Said], tmp_path: Path) -> None:
    write_yahoo(tmp_path / "COIN.csv", random_walk(300))
    refused(type_in("test", *COIN[1:], *SMALL), 1, "test needs --ckpt_path: LSTM has weights")


def test_too_few_closes_to_forecast_from_are_counted(fitted: Run, type_in: Callable[..., Said], tmp_path: Path) -> None:
    write_yahoo(tmp_path / "COIN.csv", random_walk(11))
    said = type_in("predict", "--ckpt_path", fitted.checkpoint, *COIN[3:])
    refused(said, 1, "COIN: 11 closes are too few to forecast from; the model looks at 12")


def test_forecasts_are_not_written_into_a_folder_that_is_not_there(fitted: Run, type_in: Callable[..., Said]) -> None:
    said = type_in("predict", "--ckpt_path", fitted.checkpoint, "--output=nowhere/next.csv")
    refused(said, 1, "nowhere/next.csv: there is no folder nowhere")


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("--model.hidden_size=0", "hidden_size must be greater than zero"),
        ("--model.dropout=2", "dropout"),
        ("--data.num_workers=-1", "data.num_workers is -1"),
        ("--data.start=", "data.start is ''"),
        ("--trainer.precision=7", "precision"),
    ],
)
def test_a_value_out_of_range_is_refused_before_anything_is_written(
    setting: str, sentence: str, type_in: Callable[..., Said], tmp_path: Path
) -> None:
    write_yahoo(tmp_path / "COIN.csv", random_walk(300))
    said = type_in(*COIN, setting)
    assert said.status in (1, 2)
    refused(said, said.status, sentence)
    assert [path.name for path in tmp_path.iterdir()] == ["COIN.csv"]


def test_a_metric_that_is_not_logged_is_refused_with_those_that_are(
    type_in: Callable[..., Said], tmp_path: Path
) -> None:
    write_yahoo(tmp_path / "COIN.csv", random_walk(300))
    callbacks = "trainer: {callbacks: [{class_path: EarlyStopping, init_args: {monitor: val/los}}]}\n"
    (tmp_path / "mine.yaml").write_text((CONFIGS / "btc.yaml").read_text() + callbacks)
    said = type_in("fit", "--config", "mine.yaml", *COIN[3:], *SMALL)
    assert said.status == 1
    assert "error: trainer.callbacks: EarlyStopping: Early stopping conditioned on metric `val/los`" in said.err
    assert "`val/loss`" in said.err


def test_a_length_that_a_config_sets_of_the_model_is_refused(type_in: Callable[..., Said], tmp_path: Path) -> None:
    text = (CONFIGS / "btc.yaml").read_text().replace("hidden_size: 64", "horizon: 7")
    (tmp_path / "mine.yaml").write_text(text)
    refused(type_in("fit", "--config", "mine.yaml"), 2, "model.horizon is taken from data.horizon")


def test_simulated_closes_are_never_forecast_by_a_model_of_real_ones(fitted: Run, type_in: Callable[..., Said]) -> None:
    for verb in ("test", "predict"):
        said = type_in(verb, "--ckpt_path", fitted.checkpoint, "--data.source=SimulatedSource")
        refused(said, 1, "was trained on COIN-USD, and the closes at hand are SIMULATED")


def test_a_file_that_is_no_configuration_is_not_repeated_in_full(type_in: Callable[..., Said], tmp_path: Path) -> None:
    write_yahoo(tmp_path / "COIN.csv", random_walk(300))
    said = type_in("fit", "--config", "COIN.csv")
    assert said.status == 2
    assert len(said.err) < 400


def test_files_of_two_symbols_are_not_joined(type_in: Callable[..., Said], tmp_path: Path) -> None:
    for name, day in (("BTC", 10), ("ETH", 11)):
        (tmp_path / f"{name}.csv").write_text(f"Date,Close,Ticker\n2024-03-{day},100,{name}-USD\n")
    words = (*BTC, "--data.source=CsvSource", "--data.source.path=*.csv")
    refused(type_in(*words), 1, "names files of BTC-USD and ETH-USD; one series takes one symbol")


def test_training_goes_on_with_the_same_model_only(fitted: Run, type_in: Callable[..., Said], tmp_path: Path) -> None:
    run = shutil.copytree(fitted.folder, tmp_path / "run")
    fit = ("fit", "--config", run / "config.yaml", "--ckpt_path", run / "checkpoints" / "last.ckpt")
    said = type_in(*fit, "--model.scaling=WindowStandard")
    refused(said, 1, "last.ckpt: has model.scaling")
    assert not (tmp_path / "runs").exists()
    said = type_in(*fit, "--trainer.max_epochs=2")
    assert said.status == 0, said.err


@pytest.mark.parametrize("date", ["01/10/2020", "now", "1500-01-01", "9999-01-01", "NaT"])
def test_a_date_that_can_be_read_in_two_ways_or_in_none_is_refused(
    date: str, type_in: Callable[..., Said], tmp_path: Path
) -> None:
    write_yahoo(tmp_path / "COIN.csv", random_walk(300))
    refused(type_in(*COIN, f"--data.val_from={date}"), 1, f"data.val_from is '{date}', which is not a date")


def test_a_run_folder_is_used_once(type_in: Callable[..., Said], tmp_path: Path) -> None:
    write_yahoo(tmp_path / "COIN.csv", random_walk(300))
    assert type_in(*COIN, *SMALL, "--trainer.logger.version=0").status == 0
    refused(type_in(*COIN, *SMALL, "--trainer.logger.version=0"), 1, "there is a run here already")
