"""What settings cause: one sentence before a run folder is made, or what was meant."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import yaml

from cryptoforecast.evaluation.ledger import read_ledger
from tests.cli.helpers import FIT, LAST, RUN
from tests.helpers import Run, Said, random_walk, write_yahoo

TypeIn = Callable[..., Said]
PLATEAU = "{class_path: lightning.pytorch.cli.ReduceLROnPlateau, init_args: {monitor: %s, mode: %s}}"


@pytest.fixture
def coin(tmp_path: Path, type_in: TypeIn) -> TypeIn:
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(140))
    return type_in


def scheduled(name: str, **arguments: object) -> str:
    return f"--model.scheduler={{class_path: torch.optim.lr_scheduler.{name}, init_args: {arguments}}}"


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        (
            "--trainer.val_check_interval=100",
            "trainer.val_check_interval is 100, and an epoch has 7 batches; set at most",
        ),
        (scheduled("CosineAnnealingLR", T_max=0), "model.scheduler: CosineAnnealingLR: ZeroDivisionError"),
        (scheduled("OneCycleLR", max_lr=0.1), "model.scheduler: You must define either total_steps OR"),
        (scheduled("CosineAnnealingWarmRestarts", T_0=0), "model.scheduler: Expected positive integer T_0, but got 0."),
        (scheduled("StepLR"), "model.scheduler needs step_size; set model.scheduler.step_size."),
        ("--model.optimizer.lr=-1", "model.optimizer: Invalid learning rate: -1.0"),
        ("--model.optimizer.betas=[2, 0.1]", "model.optimizer: Invalid beta parameter at index 0"),
        ("--trainer.callbacks+=BackboneFinetuning", "trainer.callbacks: BackboneFinetuning: "),
        ("--trainer.callbacks+=BaseFinetuning", "trainer.callbacks: BaseFinetuning: "),
        ("--trainer.callbacks+=ModelPruning", "ModelPruning needs pruning_fn"),
        ("--trainer.profiler=nonsense", "`profiler`"),
        ("--trainer.strategy=nonsense", "nonsense"),
        ("--trainer.strategy=fsdp", "fsdp"),
    ],
)
def test_a_setting_that_cannot_work_is_one_sentence_and_leaves_no_run(option: str, sentence: str, coin: TypeIn) -> None:
    said = coin(*FIT, option)
    assert said.status in (1, 2)
    assert said.err.count("\n") == 1, said.err
    assert sentence in said.err
    assert not RUN.exists()


def test_a_run_that_a_callback_refused_leaves_what_was_in_its_folder_before(coin: TypeIn) -> None:
    notes = RUN.with_name("mine") / "notes.txt"
    notes.parent.mkdir(parents=True)
    notes.write_text("mine")
    said = coin(*FIT, "--trainer.logger.version=mine", "--trainer.callbacks+=BackboneFinetuning")
    assert said.status == 1
    assert not (notes.parent / "config.yaml").exists()
    assert notes.read_text() == "mine"


def monitoring(metric: str, mode: str = "min") -> list[str]:
    best = f"{{class_path: ModelCheckpoint, init_args: {{monitor: {metric}, filename: best, mode: {mode}}}}}"
    return [f"--trainer.callbacks=[{best}]"]


def test_the_skill_is_to_be_large_though_nobody_has_said_so(coin: TypeIn) -> None:
    said = coin(*FIT, *monitoring("val/skill"), f"--model.scheduler={PLATEAU % ('val/skill', 'min')}")
    assert said.status == 0, said.err
    assert "trainer.callbacks: ModelCheckpoint monitors val/skill, which is to be large: its mode is max" in said.err
    assert "model.scheduler: ReduceLROnPlateau monitors val/skill, which is to be large: its mode is max" in said.err
    skills = [float(line.split()[4]) for line in said.out.splitlines() if line[:5].strip().isdigit()]
    kept = torch.load(RUN / "checkpoints" / "best.ckpt", weights_only=True)["epoch"]
    assert skills[kept] == max(skills)
    config = yaml.safe_load((RUN / "config.yaml").read_text())
    assert config["trainer"]["callbacks"][0]["init_args"]["mode"] == "max"
    assert config["model"]["init_args"]["scheduler"]["init_args"]["mode"] == "max"


@pytest.mark.parametrize("metric", ["val/loss", "val/rmse", "train/loss"])
def test_a_mode_that_would_choose_the_worst_epoch_is_refused(metric: str, coin: TypeIn) -> None:
    for words in (monitoring(metric, "max"), [f"--model.scheduler={PLATEAU % (metric, 'max')}"]):
        said = coin(*FIT, *words)
        assert (said.status, said.err.count("\n")) == (1, 1), said.err
        assert f"monitors {metric}, which is to be small; with mode max it would choose the worst epoch" in said.err
    assert not RUN.exists()


@pytest.mark.parametrize("verb", ["test", "validate", "predict"])
@pytest.mark.parametrize(
    "option", ["limit_test_batches=0", "precision=bf16-true", "max_epochs=3", "logger.name=x", "logger+=CSVLogger"]
)
def test_an_option_of_the_trainer_that_a_verb_would_ignore_is_refused(
    verb: str, option: str, fitted: Run, type_in: TypeIn
) -> None:
    said = type_in(verb, "--ckpt_path", fitted.checkpoint, f"--trainer.{option}")
    name = option.split("=")[0].rstrip("+")
    assert (said.status, said.err) == (
        2,
        f"error: --trainer.{name}: {verb} trains nothing; of the trainer's options it takes accelerator, devices, "
        "num_nodes, strategy, deterministic, benchmark, callbacks.\n",
    )


def test_what_a_runs_configuration_says_of_the_trainer_is_no_mistake_of_a_test(
    fitted: Run, type_in: TypeIn, tmp_path: Path
) -> None:
    said = type_in("test", "--config", fitted.folder / "config.yaml", "--ckpt_path", fitted.checkpoint,
                   "--trainer.accelerator=cpu", "--trainer.devices=1", "--output_dir", tmp_path / "out")  # fmt: skip
    assert said.status == 0, said.err


class TestSlurm:
    """In a job of several tasks."""

    @pytest.fixture(autouse=True)
    def job(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in {"NTASKS": "4", "JOB_NAME": "train", "JOB_ID": "1", "PROCID": "0", "LOCALID": "0"}.items():
            monkeypatch.setenv(f"SLURM_{name}", value)

    def test_the_first_task_trains_as_one_process(self, coin: TypeIn) -> None:
        assert coin(*FIT, f"--trainer.callbacks=[{LAST}]", "--trainer.max_epochs=1").status == 0

    def test_the_others_do_not_train_the_same(self, coin: TypeIn, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SLURM_PROCID", "2")
        said = coin(*FIT)
        assert said.status == 1
        assert "this is task 2 of the 4 of a SLURM job (SLURM_NTASKS), and trainer.devices is 1" in said.err
        assert not RUN.exists()


def test_what_a_finder_has_found_is_what_is_recorded(coin: TypeIn) -> None:
    finder = "{class_path: BatchSizeFinder, init_args: {max_trials: 1, init_val: 4, steps_per_trial: 1}}"
    said = coin(*FIT, f"--trainer.callbacks=[{finder}, {LAST}]", "--trainer.max_epochs=1")
    assert said.status == 0, said.err
    found = torch.load(RUN / "checkpoints" / "last.ckpt", weights_only=True)["cryptoforecast"]["data"]["settings"]
    assert found["batch_size"] != 16
    (entry,) = read_ledger(Path("runs", "ledger.jsonl"))
    assert entry["variant"]["data"]["batch_size"] == found["batch_size"]
    assert yaml.safe_load((RUN / "config.yaml").read_text())["data"]["batch_size"] == found["batch_size"]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("EMAWeightAveraging", "decay: 0.9"), ("StochasticWeightAveraging", "swa_lrs: 0.001, swa_epoch_start: 1")],
)
def test_a_fit_that_averages_weights_ends_and_goes_on(name: str, arguments: str, coin: TypeIn) -> None:
    averaging = f"{{class_path: {name}, init_args: {{{arguments}}}}}"
    said = coin(*FIT, f"--trainer.callbacks=[{averaging}, {LAST}]", "--trainer.max_epochs=2")
    assert said.status == 0, said.err
    last = RUN / "checkpoints" / "last.ckpt"
    assert torch.load(last, weights_only=True)["epoch"] == 1
    said = coin("fit", "--ckpt_path", last, "--trainer.max_epochs=4")
    assert said.status == 0, said.err
    assert torch.load(last, weights_only=True)["epoch"] == 3


def test_the_next_command_can_be_typed_as_it_is_printed(coin: TypeIn) -> None:
    said = coin(*FIT, "--trainer.logger.name=my runs", f"--trainer.callbacks=[{LAST}]", "--trainer.max_epochs=1")
    assert (
        "next: python -m cryptoforecast test --ckpt_path 'runs/my runs/version_0/checkpoints/last.ckpt'\n" in said.out
    )
