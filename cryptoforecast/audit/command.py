"""From the options of ``audit`` to model, data and training, in the command's process and in fresh ones."""

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import torch
from lightning.pytorch import Trainer

from cryptoforecast.audit.altered import CachedSource, with_sources
from cryptoforecast.audit.counterfactual import ModelInputs, TrainedOutputs, cached_for, read, train
from cryptoforecast.audit.fresh_processes import FreshProcesses, Job
from cryptoforecast.audit.learning import learn
from cryptoforecast.audit.lookahead import StageResult
from cryptoforecast.audit.result import AuditResult
from cryptoforecast.audit.stages import STEPS, run_stages
from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.load_series import load_one
from cryptoforecast.errors import DataNotice, UserError
from cryptoforecast.models import Forecaster
from cryptoforecast.models.checkpoints.compare import require_same_model
from cryptoforecast.models.checkpoints.load import load_weights
from cryptoforecast.models.checkpoints.loaded_parts import record_loading
from cryptoforecast.training.console import quiet_console
from cryptoforecast.training.forkserver import classes_of_script
from cryptoforecast.training.preflight import check_before_fit
from cryptoforecast.training.settings.command_line import CommandLine, make
from cryptoforecast.training.settings.parser import to_yaml
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
    made = make(words, AuditCommandLine, trainer_class=AuditTrainer)
    for name in classes_of_script(to_yaml(made.verb_parsers["audit"], made.config["audit"])):
        raise UserError(
            f"{name} is defined in the script or notebook that runs, which fresh processes do not import; move it into "
            "a module, or audit objects, as in audit(model, data)."
        )
    made.datamodule.setup("fit")
    with recording_paused():  # checkpoints are written and read; what the model's code reads, it will read again
        check_before_fit(made.model, made.datamodule, made.trainer)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNotice)  # of the sources, which have given it
        data = cached_for(made.model, made.datamodule)
    options = _prepare(made, data)
    with FreshProcesses(made.typed, build_counterfactual) as processes:
        return run_stages(made.model, data, processes, on_stage, **options)


def build_counterfactual(job: Job) -> tuple[ModelInputs, TrainedOutputs]:
    """What comes of closes and model in the process that this is."""
    quiet_console()
    made = make(job.words, AuditCommandLine, trainer_class=AuditTrainer)
    source = made.datamodule.source
    sources = source if isinstance(source, list) else [source]
    cached = [
        CachedSource(asked, load_one(asked, further) if series is None else series, further)
        for asked, series, further in zip(sources, job.series, job.further, strict=True)
    ]
    data = with_sources(made.datamodule, cached, **job.cut)
    options = _prepare(made, data)
    torch.set_num_threads(1)  # as in the process that asks
    seen = read(data, options["seed"])
    return seen, train(lambda changed: learn(made.model, changed, **options), data, [job.border])[0]


def _prepare(made: "AuditCommandLine", data: CloseDataModule) -> dict[str, Any]:
    """Put a checkpoint's weights into the model, if one is named; and the options of its training."""
    data.setup("fit")
    if made.checkpoint is not None:
        require_same_model(made.model, made.checkpoint)
        load_weights(made.model, made.checkpoint)
        record_loading(made.model, made.checkpoint.trained)
    chosen, trainer = made.config_init["audit"], made.instantiated("trainer")
    of_training = {name: trainer[name] for name in BEARING_ON_TRAINING if trainer[name] is not None}
    return {"steps": chosen["steps"], "seed": int(chosen["seed_everything"]), **of_training}


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


class AuditCommandLine(CommandLine):
    """The command line of ``fit``, for a verb that trains only to compare."""

    @staticmethod
    def subcommands() -> dict[str, set[str]]:
        """The verb, with those arguments that are not options."""
        return {"audit": {"model", "datamodule"}}

    def set_seed(self) -> None:
        """Set the seed that was given; where none was, one that other processes can be given too."""
        chosen = self.config["audit"]
        if type(chosen.seed_everything) is not int:
            chosen.seed_everything = 0
        super().set_seed()
