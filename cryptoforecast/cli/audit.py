"""``audit``: is the future out of reach of this model, these sources and this scaling? Nothing is written."""

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from lightning.pytorch import Trainer

from cryptoforecast.cli.commands import ForecastCLI
from cryptoforecast.cli.commands import run as run_with
from cryptoforecast.cli.rehearsal import rehearse
from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.times import say_time
from cryptoforecast.evaluation.audit.altered import remember
from cryptoforecast.evaluation.audit.audit import STEPS, audit
from cryptoforecast.evaluation.audit.lookahead import STAGES, Checked, LookAhead
from cryptoforecast.evaluation.audit.watch import watched
from cryptoforecast.models import Forecaster
from cryptoforecast.models.checkpoint import load_weights, require_same_model

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

    def instantiate_classes(self) -> None:
        """Make model and data, and note which files are opened meanwhile."""
        with watched() as self.opened:
            super().instantiate_classes()

    def audit(self, model: Forecaster, datamodule: CloseDataModule, steps: int, **_: Any) -> None:
        """Print each stage that is equal, then what that means; or the first that is not."""
        data = remember(datamodule)
        data.setup("fit")
        rehearse(model, data, self.trainer)
        if self.checkpoint is not None:
            require_same_model(model, self.checkpoint)
            load_weights(model, self.checkpoint)
        options = self._get(self.config_init, "trainer")
        trainer = {name: options[name] for name in BEARING_ON_TRAINING if options[name] is not None}
        seed = self._get(self.config_init, "seed_everything")
        stages = audit(model, data, steps, seed if type(seed) is int else 0, self.opened, **trainer)
        unchecked = _print_stages(stages)
        names = ", ".join(str(one.closes.name) for one in data.series)
        border, name = say_time(data.first_target_time(data.fold.val)), type(model).__name__
        doubt = " Where the closes come from was not checked." if unchecked else ""
        print(
            f"\n{name} on {names} is blind to the future: no bit before {border} depends on what comes after, and no "
            f"forecast on more than its own window.{doubt}"
        )


def _print_stages(stages: Iterator[Checked]) -> bool:
    """Print each stage as it is found equal, or the one that is not; and say whether something was not checked."""
    left, doubt = list(STAGES), False
    try:
        for stage, compared, unchecked in stages:
            left.remove(stage)
            if compared:
                _print_row(stage, "equal", compared)
            if unchecked:
                _print_row("" if compared else stage, "not checked", unchecked)
                doubt = True
    except LookAhead as found:
        for stage in left[: left.index(found.stage) + 1]:
            _print_row(stage, "differs" if stage == found.stage else "not reached", "")
        raise
    return doubt


def _print_row(stage: str, outcome: str, text: str) -> None:
    first = f"{stage:<10}{outcome:<13}"
    print(
        textwrap.fill(text, WIDTH, initial_indent=first, subsequent_indent=" " * len(first)) or first.rstrip(),
        flush=True,
    )
