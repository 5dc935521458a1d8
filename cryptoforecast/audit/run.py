"""``audit``: is the future out of reach of this model, these sources and this scaling? Nothing is written."""

import textwrap
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from lightning.pytorch import Trainer

from cryptoforecast.audit.altered import Remembered, remember, with_sources
from cryptoforecast.audit.audit import STEPS, audit
from cryptoforecast.audit.built import Read, Trained, read, train
from cryptoforecast.audit.fresh_processes import FreshProcesses, Job
from cryptoforecast.audit.learning import learn
from cryptoforecast.audit.lookahead import STAGES, Checked, LookAhead
from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.load import load_one
from cryptoforecast.data.times import say_time
from cryptoforecast.errors import DataNotice
from cryptoforecast.models import Forecaster
from cryptoforecast.models.checkpoints.load import load_weights, require_same_model
from cryptoforecast.models.checkpoints.trained_before import note_loading
from cryptoforecast.training.commands import ForecastCLI
from cryptoforecast.training.commands import run as run_with
from cryptoforecast.training.console import quieten
from cryptoforecast.training.preflight import rehearse
from cryptoforecast.user_code.opened_files import not_noted

BEARING_ON_TRAINING = ("gradient_clip_val", "gradient_clip_algorithm", "accumulate_grad_batches")
WIDTH = 100  # letters of a line


def run(args: Sequence[str]) -> None:
    """Carry out ``audit``.

    Raises:
        LookAhead: naming the first stage that the future reaches.
        UserError: if the command cannot be understood, or what it names is not as it should be.
    """
    run_with(args, AuditCLI, trainer_class=AuditTrainer)


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
    """The command line of ``fit``, for a verb that trains only to compare."""

    @staticmethod
    def subcommands() -> dict[str, set[str]]:
        """The verb, with those arguments that are not options."""
        return {"audit": {"model", "datamodule"}}

    def _set_seed(self) -> None:
        """Set the seed that was given; where none was, one that other processes can be given too."""
        chosen = self.config[self.config.subcommand]
        if type(chosen.seed_everything) is not int:
            chosen.seed_everything = 0
        super()._set_seed()

    def prepare(self, model: Forecaster, data: CloseDataModule) -> None:
        """Put a checkpoint's weights into the model, if one is named, and find out how it is trained."""
        data.setup("fit")
        if self.checkpoint is not None:
            require_same_model(model, self.checkpoint)
            load_weights(model, self.checkpoint)
            note_loading(model, self.checkpoint.trained)
        options = self._get(self.config_init, "trainer")
        trainer = {name: options[name] for name in BEARING_ON_TRAINING if options[name] is not None}
        self.options = {"steps": self._get(self.config_init, "steps"), "seed": self.seed, **trainer}

    @property
    def seed(self) -> int:
        """The seed of training."""
        return int(self._get(self.config_init, "seed_everything"))

    def audit(self, model: Forecaster, datamodule: CloseDataModule, **_: Any) -> None:
        """Print each stage that is equal, then what that means; or the first that is not."""
        datamodule.setup("fit")
        with not_noted():  # checkpoints are written and read; what the model's code reads, it will read again
            rehearse(model, datamodule, self.trainer)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DataNotice)  # of the sources, which have said it
            data = remember(datamodule)
        self.prepare(model, data)
        with FreshProcesses(self.typed) as fresh:
            checked = _print_stages(audit(model, data, fresh=fresh, **self.options))
        print(f"\n{_conclusion(model, data, checked)}")


class WorldCLI(AuditCLI):
    """The same command line in a process that builds one world, and prints nothing."""

    def __init__(self, job: Job, **arguments: Any) -> None:
        self.job = job
        super().__init__(**arguments)

    def audit(self, model: Forecaster, datamodule: CloseDataModule, **_: Any) -> None:
        """Build the world."""
        sources = datamodule.source if isinstance(datamodule.source, list) else [datamodule.source]
        told = zip(sources, self.job.series, strict=True)
        again = [Remembered(one, series or load_one(one, datamodule.columns[1:])) for one, series in told]
        data = with_sources(datamodule, again, **self.job.cut)
        self.prepare(model, data)
        torch.set_num_threads(1)  # as in the process that asks
        seen = read(data, self.seed)
        self.built = seen, train(lambda one: learn(model, one, **self.options), data, [self.job.border])[0]


def build_world(job: Job) -> tuple[Read, Trained]:
    """What comes of closes and model in the process that this is."""
    quieten()
    cli = run_with(job.words, WorldCLI, trainer_class=AuditTrainer, job=job)
    assert isinstance(cli, WorldCLI)
    return cli.built


def _conclusion(model: Forecaster, data: CloseDataModule, checked: Sequence[Checked]) -> str:
    """What was proven, and no more."""
    names = ", ".join(str(one.closes.name) for one in data.series)
    border, name = say_time(data.first_target_time(data.fold.val)), type(model).__name__
    proven = (
        f"no bit before {border} differs where the closes from then on are others, and no forecast that was tried "
        "depends on more than its own window."
    )
    of_model = [one.unchecked for one in checked if one.unchecked and one.stage != "source"]
    if of_model:
        return f"{name} on {names} is not shown to be blind to the future: {proven[:-1]}, but {'; '.join(of_model)}."
    of_source = any(one.unchecked for one in checked)
    doubt = " Where the closes come from was not checked." if of_source else ""
    return f"{name} on {names} is blind to the future: {proven}{doubt}"


def _print_stages(stages: Iterator[Checked]) -> list[Checked]:
    """Print each stage as it is found equal, or the one that is not; and return all."""
    left, checked = list(STAGES), []
    try:
        for one in stages:
            stage, compared, unchecked = one
            checked.append(one)
            left.remove(stage)
            if compared:
                _print_row(stage, "equal", compared)
            if unchecked:
                _print_row("" if compared else stage, "not checked", unchecked)
    except LookAhead as found:
        for stage in left[: left.index(found.stage) + 1]:
            _print_row(stage, "differs" if stage == found.stage else "not reached", "")
        raise
    return checked


def _print_row(stage: str, outcome: str, text: str) -> None:
    first = f"{stage:<10}{outcome:<13}"
    print(
        textwrap.fill(text, WIDTH, initial_indent=first, subsequent_indent=" " * len(first)) or first.rstrip(),
        flush=True,
    )
