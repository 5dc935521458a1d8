"""Curves whose points are means over the windows of an epoch: the training loss, and a variant's own numbers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from lightning.pytorch import LightningModule, Trainer
from torch import Tensor

from cryptoforecast.data.batches import WindowLoader
from cryptoforecast.errors import UserError
from cryptoforecast.models.contract.answers import says_distribution
from cryptoforecast.models.contract.distribution_errors import NAMES
from cryptoforecast.models.contract.epoch_means import EpochMean
from cryptoforecast.models.contract.optimizers import trainer_of

if TYPE_CHECKING:
    from cryptoforecast.models.forecaster import Forecaster

TAKEN = ("loss", "loss_random_walk", "rmse", "rmse_random_walk", "skill", "skill_random_walk", "gradient_norm")


class EpochCurves:
    """The means of the current epoch by the names that they are logged under, such as ``train/loss``.

    ``take``, ``to_state`` and ``from_state`` are collectives: every process calls them, whatever it has added.
    """

    def __init__(self) -> None:
        self._means: dict[str, EpochMean] = {}
        self._paused = False

    def add(self, name: str, value: Tensor, windows: int) -> None:
        """Add a number of a batch of so many windows; nothing while paused."""
        if not self._paused:
            self._means.setdefault(name, EpochMean()).add(value, windows)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Add nothing meanwhile."""
        before, self._paused = self._paused, True
        try:
            yield
        finally:
            self._paused = before

    def take(self, module: LightningModule, stage: str) -> dict[str, Tensor]:
        """The means of a stage, ``train``, ``val`` or ``test``, over the windows of all processes; they start anew."""
        names = [name for name in self._names(module) if name.startswith(f"{stage}/")]
        means = {name: self._mean(name).take(module) for name in names}
        return {name: mean for name, mean in means.items() if mean is not None}

    def to_state(self, module: LightningModule) -> dict[str, Any]:
        """The sums by name, as a checkpoint keeps them."""
        return {name: self._mean(name).to_state(module) for name in self._names(module)}

    def from_state(self, module: LightningModule, state: dict[str, Any]) -> None:
        """Go on from the sums that a checkpoint holds."""
        self._means = {}
        for name, sums in state.items():
            self._mean(name).from_state(module, sums)

    def _mean(self, name: str) -> EpochMean:
        return self._means.setdefault(name, EpochMean())

    def _names(self, module: LightningModule) -> list[str]:
        """The names that any process has, in an order that is the same in all of them."""
        if module.trainer.world_size == 1:
            return sorted(self._means)
        strategy, device = module.trainer.strategy, module.trainer.strategy.root_device
        text = torch.tensor(list("\0".join(self._means).encode()), dtype=torch.uint8, device=device)
        lengths = strategy.all_gather(torch.tensor(len(text), device=device)).flatten().tolist()
        padded = torch.nn.functional.pad(text, (0, max(lengths) - len(text)))  # all processes gather as much
        texts = strategy.all_gather(padded).reshape(len(lengths), -1).tolist()
        decoded = [bytes(row[:length]).decode() for row, length in zip(texts, lengths, strict=True)]
        return sorted({name for names in decoded for name in names.split("\0") if name})


class Step(NamedTuple):
    """A step that is being taken: its stage, ``train``, ``val`` or ``test``, and its process's count of windows."""

    stage: str
    windows: int


def add_to_curve(model: "Forecaster", name: str, value: Tensor | float | int) -> None:
    """Add a number of the current batch to a curve; between steps, or without a trainer, do nothing.

    Args:
        model: whose step calls this.
        name: of the curve, without its stage.
        value: the number; of several, one for each window, the mean.

    Raises:
        UserError: if the framework has a curve of that name.
    """
    taken = (*TAKEN, *NAMES) if says_distribution(model) else TAKEN
    if name in taken or name.startswith("skill/"):
        raise UserError(f"self.curve({name!r}, ...): the framework has a curve of that name; call it own_{name}.")
    trainer = trainer_of(model)
    step = None if trainer is None else _step_of(trainer)
    if step is not None and step.windows:
        number = torch.as_tensor(value, device=model.device).detach()
        model._curves.add(f"{step.stage}/{name}", number.float().mean() if number.ndim else number, step.windows)


def _step_of(trainer: Trainer) -> Step | None:
    """The step that a trainer is taking; None between steps, where a curve would count a batch twice."""
    in_fit = trainer.state.fn == "fit"
    if trainer.training:
        return _step("train", trainer.fit_loop.epoch_loop, trainer.train_dataloader)
    if trainer.validating or trainer.sanity_checking:
        loop = trainer.fit_loop.epoch_loop.val_loop if in_fit else trainer.validate_loop
        return _step("val", loop, trainer.val_dataloaders)
    return _step("test", trainer.test_loop, trainer.test_dataloaders) if trainer.testing else None


def _step(stage: str, loop: Any, loader: Any) -> Step | None:
    progress = loop.batch_progress.current
    if progress.started == progress.processed:
        return None
    known = isinstance(loader, WindowLoader)  # a variant's own loader may give anything
    return Step(stage, len(loader.sampler.share(progress.ready - 1)) if known else 1)
