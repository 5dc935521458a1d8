"""The trainer of a fit that sets nothing else, and the name of its run."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from cryptoforecast.errors import UsageError
from cryptoforecast.training.settings.checks import refuse_ignored_options
from tests.cli.helpers import refused
from tests.helpers import CONFIGS, Said

TypeIn = Callable[..., Said]
MODEL = ("--model=LSTM", "--data.source=SimulatedSource")
OURS = ["EarlyStopping", "ModelCheckpoint", "ModelCheckpoint", "ForecastFigure"]
BLOCK = """
trainer:
  max_epochs: 50
  gradient_clip_val: 1.0
  logger: {class_path: TensorBoardLogger, init_args: {save_dir: runs, name: btc, default_hp_metric: false}}
  callbacks:
    - {class_path: EarlyStopping, init_args: {monitor: val/loss, patience: 10}}
    - {class_path: ModelCheckpoint, init_args: {monitor: val/loss, filename: best}}
    - {class_path: ModelCheckpoint, init_args: {filename: last}}
    - class_path: ForecastFigure
"""


def printed(type_in: TypeIn, capsys: pytest.CaptureFixture[str], *words: object) -> dict[str, Any]:
    """The settings of the trainer that ``--print_config`` shows."""
    with pytest.raises(SystemExit):
        type_in("fit", *words, "--print_config")
    trainer: dict[str, Any] = yaml.safe_load(capsys.readouterr().out)["trainer"]
    return trainer


def callbacks(trainer: dict[str, Any]) -> list[str]:
    return [callback["class_path"].rpartition(".")[2] for callback in trainer["callbacks"]]


def test_a_config_without_a_trainer_is_one_with_the_block_that_configs_had(
    type_in: TypeIn, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    btc = (CONFIGS / "btc.yaml").read_text()
    assert "trainer" not in btc
    (tmp_path / "long.yaml").write_text(btc + BLOCK)
    short, long = (printed(type_in, capsys, "--config", file) for file in (CONFIGS / "btc.yaml", "long.yaml"))
    assert (short["logger"]["init_args"].pop("name"), long["logger"]["init_args"].pop("name")) == (None, "btc")
    assert short == long


def test_a_list_of_callbacks_replaces_the_default_and_one_is_added_to_it(
    type_in: TypeIn, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert callbacks(printed(type_in, capsys, *MODEL)) == OURS
    assert callbacks(printed(type_in, capsys, *MODEL, "--trainer.callbacks+=Timer")) == [*OURS, "Timer"]
    four = ["EarlyStopping", "ModelCheckpoint", "Timer", "Timer"]
    held = [{"class_path": name, "init_args": {"monitor": "val/rmse"} if "Early" in name else {}} for name in four]
    (tmp_path / "own.yaml").write_text(yaml.safe_dump({"trainer": {"callbacks": held}}))
    for words in (["--config", "own.yaml"], [f"--trainer.callbacks={held}"]):
        own = printed(type_in, capsys, *MODEL, *words)
        assert callbacks(own) == four
        assert own["callbacks"][0]["init_args"]["patience"] == 3  # Lightning's own, and not that of the default
        assert own["callbacks"][1]["init_args"]["monitor"] is None
    assert printed(type_in, capsys, *MODEL, "--trainer.callbacks=null")["callbacks"] is None


def test_another_logger_replaces_the_default_and_an_option_changes_it(
    type_in: TypeIn, capsys: pytest.CaptureFixture[str]
) -> None:
    own = printed(type_in, capsys, *MODEL, "--trainer.logger=CSVLogger", "--trainer.logger.save_dir=logs")["logger"]
    assert own["init_args"]["name"] == "lightning_logs"  # Lightning's own
    changed = printed(type_in, capsys, *MODEL, "--trainer.logger.save_dir=elsewhere")["logger"]
    assert changed["class_path"].endswith("TensorBoardLogger")
    assert (changed["init_args"]["save_dir"], changed["init_args"]["default_hp_metric"]) == ("elsewhere", False)
    assert printed(type_in, capsys, *MODEL, "--trainer.logger=false")["logger"] is False


@pytest.mark.parametrize(
    ("words", "folder"),
    [
        ((), "runs/LSTM"),
        (("--config", "mine.yaml"), "runs/mine-LSTM"),
        (("--config", "mine.yaml", "--model=GRU"), "runs/mine-GRU"),
        (("--config", "mine.yaml", "--name", "small"), "runs/small"),
        (("--config", "{name: of_text}",), "runs/of_text"),
        (("--trainer.logger.save_dir=logs",), "logs/LSTM"),
        (("--trainer.logger=CSVLogger", "--trainer.logger.save_dir=runs", "--name=small"), "runs/small"),
        (("--trainer.logger=CSVLogger", "--trainer.logger.save_dir=runs"), "runs/lightning_logs"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_run_is_named_by_the_user_else_by_configuration_and_model(
    words: tuple[str, ...], folder: str, type_in: TypeIn, tmp_path: Path
) -> None:
    (tmp_path / "mine.yaml").write_text("data: {context_length: 6}\n")
    quick = ("--model.hidden_size=2", "--trainer.max_epochs=1", "--data.source.rows=100", "--trainer.accelerator=cpu")
    said = type_in("fit", *MODEL, *words, *quick)
    assert said.status == 0, said.err
    saved = yaml.safe_load(Path(folder, "version_0", "config.yaml").read_text())
    assert saved["trainer"]["logger"]["init_args"]["name"] == Path(folder).name
    assert "name" not in saved


def test_a_name_that_no_run_can_have_is_refused(type_in: TypeIn) -> None:
    for name in ("", "/small", "../small"):
        refused(type_in("fit", *MODEL, f"--name={name}"), 2, "is no name of a folder under runs")
    refused(type_in("fit", *MODEL, "--name=small", "--trainer.logger=false"), 2, "--name names the folder of")


def test_without_validation_nothing_can_be_stopped_early(type_in: TypeIn) -> None:
    quick = ("--data.context_length=6", "--model.hidden_size=2", "--trainer.max_epochs=1", "--trainer.accelerator=cpu")
    words = ("fit", *MODEL, *quick, "--data.source.rows=100", "--trainer.limit_val_batches=0")
    refused(
        type_in(*words), 1, "trainer.limit_val_batches is 0, and EarlyStopping monitors val/loss; set trainer.callb"
    )
    assert not Path("runs").exists()
    assert type_in(*words, "--trainer.callbacks=null").status == 0


def test_a_verb_that_judges_takes_no_name() -> None:
    with pytest.raises(UsageError, match="--name names the run of a fit; test writes where --output_dir"):
        refuse_ignored_options("test", ["test", "--ckpt_path=a.ckpt", "--name=small"])
