"""The options of ``audit`` to model, data and training; in the process of the command, and in fresh ones."""

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import torch
from lightning.pytorch import Trainer

from cryptoforecast.audit.altered import CachedSource, with_cached_sources, with_sources
from cryptoforecast.audit.counterfactual import ModelInputs, TrainedOutputs, read, train
from cryptoforecast.audit.fresh_processes import FreshProcesses, Job
from cryptoforecast.audit.learning import learn
from cryptoforecast.audit.lookahead import StageResult
from cryptoforecast.audit.result import AuditResult
from cryptoforecast.audit.run import run_stages
from cryptoforecast.audit.stages import STEPS
from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.load_series import load_one
from cryptoforecast.errors import DataNotice
from cryptoforecast.models import Forecaster
from cryptoforecast.models.checkpoints.compare import require_same_model
from cryptoforecast.models.checkpoints.load import load_weights
from cryptoforecast.models.checkpoints.loaded_parts import record_loading
from cryptoforecast.training.commands import ForecastCLI
from cryptoforecast.training.commands import run as run_with
from cryptoforecast.training.console import quiet_console
from cryptoforecast.training.preflight import check_before_fit
from cryptoforecast.user_code.opened_files import recording_paused

BEARING_ON_TRAINING = ("gradient_clip_val", "gradient_clip_algorithm", "accumulate_grad_batches")


def audit_words(words: Sequence[str], on_stage: Callable[[StageResult], object] | None = None) -> AuditResult:
    """The audit of what the words of a command line name, with counterfactuals built in fresh processes.

    Args:
        words: ``audit`` and its options, those of ``fit`` among them.
        on_stage: called with each stage as soon as it is found equal.

    Raises:
        LookAhead: naming the first stage that the future reaches.
        UserError: if the words cannot be understood, or what they name is not as it should be.
    """
    cli = run_with(words, AuditCLI, trainer_class=AuditTrainer, on_stage=on_stage)
    assert isinstance(cli, AuditCLI)
    return cli.result


class AuditTrainer(Trainer):
    """A trainer with a method of the verb's name, from which the command line takes the verb's options."""

    def audit(
        self,
        model: Forecaster,
        datamodule: CloseDataModule,
        steps: int = STEPS,
        ckpt_path: str | None = None,
        weights_only: bool | None = None,
    ) -> None:
        """Build everything twice, the second time with garbage in the place of the future, and compare.

        Args:
            model: what is audited.
            datamodule: its closes.
            steps: optimizer steps after which weights are compared.
            ckpt_path: a checkpoint whose weights to start from; by default they are new.
            weights_only: as in ``fit``; a checkpoint is never allowed more.
        """


class AuditCLI(ForecastCLI):
    """The command line of ``fit``, for a verb that trains only to compare; ``result`` is the audit's."""

    def __init__(self, on_stage: Callable[[StageResult], object] | None = None, **arguments: Any) -> None:
        self.on_stage = on_stage
        super().__init__(**arguments)

    @staticmethod
    def subcommands() -> dict[str, set[str]]:
        """The verb, with those arguments that are not options."""
        return {"audit": {"model", "datamodule"}}

    def set_seed(self) -> None:
        """Set the seed that was given; where none was, one that other processes can be given too."""
        chosen = self.config[self.config.subcommand]
        if type(chosen.seed_everything) is not int:
            chosen.seed_everything = 0
        super().set_seed()

    def prepare(self, model: Forecaster, data: CloseDataModule) -> None:
        """Put a checkpoint's weights into the model, if one is named, and find out how it is trained."""
        data.setup("fit")
        if self.checkpoint is not None:
            require_same_model(model, self.checkpoint)
            load_weights(model, self.checkpoint)
            record_loading(model, self.checkpoint.trained)
        options = self.instantiated("trainer")
        trainer = {name: options[name] for name in BEARING_ON_TRAINING if options[name] is not None}
        self.options = {"steps": self.instantiated("steps"), "seed": self.seed, **trainer}

    @property
    def seed(self) -> int:
        """The seed of training."""
        return int(self.instantiated("seed_everything"))

    def audit(self, model: Forecaster, datamodule: CloseDataModule, **_: Any) -> None:
        """Compare all stages, with fresh processes that read the same command line."""
        datamodule.setup("fit")
        with recording_paused():  # checkpoints are written and read; what the model's code reads, it will read again
            check_before_fit(model, datamodule, self.trainer)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DataNotice)  # of the sources, which have given it
            data = with_cached_sources(datamodule)
        self.prepare(model, data)
        with FreshProcesses(self.typed) as processes:
            self.result = run_stages(model, data, processes, self.on_stage, **self.options)


class CounterfactualCLI(AuditCLI):
    """The same command line in a process that builds one counterfactual, and prints nothing."""

    def __init__(self, job: Job, **arguments: Any) -> None:
        self.job = job
        super().__init__(**arguments)

    def audit(self, model: Forecaster, datamodule: CloseDataModule, **_: Any) -> None:
        """Build the counterfactual."""
        sources = datamodule.source if isinstance(datamodule.source, list) else [datamodule.source]
        cached = [
            CachedSource(source, series or load_one(source, datamodule.columns[1:]))
            for source, series in zip(sources, self.job.series, strict=True)
        ]
        data = with_sources(datamodule, cached, **self.job.cut)
        self.prepare(model, data)
        torch.set_num_threads(1)  # as in the process that asks
        seen = read(data, self.seed)
        self.built = seen, train(lambda changed: learn(model, changed, **self.options), data, [self.job.border])[0]


def build_counterfactual(job: Job) -> tuple[ModelInputs, TrainedOutputs]:
    """What comes of closes and model in the process that this is."""
    quiet_console()
    cli = run_with(job.words, CounterfactualCLI, trainer_class=AuditTrainer, job=job)
    assert isinstance(cli, CounterfactualCLI)
    return cli.built
