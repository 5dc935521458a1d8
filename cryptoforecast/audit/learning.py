"""A few steps of training that can be repeated to the last bit."""

import copy
import math
import warnings
from typing import Any, NamedTuple

import torch
from jaxtyping import Int64
from lightning.pytorch import Callback, LightningModule, Trainer, seed_everything
from torch import Tensor

from cryptoforecast.audit.lookahead import LookAhead
from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.models.contract.answers import inputs
from cryptoforecast.models.contract.calibration import calibrate_on, without_validation
from cryptoforecast.models.contract.units import RungUnits, units_of
from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.training.fit_entries import without_ledger

SCALED = 4096  # training windows whose scaled closes are compared


class ShortTraining(NamedTuple):
    """A model after some ``steps``; what it was at the first of them, and what its scaling had learned by then.

    ``start`` is the whole state of the model, ``scaling`` that of its scaling, ``scaled`` the network numbers of some
    training windows' contexts and targets.
    """

    model: Forecaster
    steps: int
    start: dict[str, Any]
    scaling: dict[str, Any]
    scaled: list[Tensor]

    @property
    def state(self) -> dict[str, Any]:
        """What the model is now."""
        return dict(self.model.state_dict())


def learn(model: Forecaster, data: CloseDataModule, steps: int, seed: int, **options: Any) -> ShortTraining:
    """Train a copy of a model on the last training windows there are, those nearest to what it must not see.

    Args:
        model: the model; it stays as it is.
        data: set up for ``fit``.
        steps: of the optimizer.
        seed: of the order of windows, and of dropout.
        options: further ones of the Trainer's.

    Raises:
        LookAhead: if a step fails.
    """
    model, fold = copy.deepcopy(model), data.fold
    learns = model._learns()
    batches = max(options.get("accumulate_grad_batches") or 1, 1) * steps
    start = _Start(_latest(data, batches * data.batch_size))
    an_epoch = math.ceil(len(start.latest) / data.batch_size)
    trainer = Trainer(
        accelerator="cpu",
        devices=1,
        max_epochs=math.ceil(batches / an_epoch) if learns else 1,
        max_steps=steps if learns else -1,
        limit_val_batches=0,
        logger=False,
        callbacks=[start],
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        **options,
    )
    seed_everything(seed, verbose=False)
    without_validation(model)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"(lightning|torch)(\..*)?")
            with without_ledger():
                trainer.fit(model, datamodule=data)
    except RuntimeError as problem:
        reason = str(problem).strip().splitlines()[0].rstrip(".")
        raise LookAhead("training", f"{type(model).__name__} cannot be trained for {steps} steps: {reason}") from None
    finally:
        data.fold = fold
    calibrate_on(model.eval(), data.windows[start.latest])
    return ShortTraining(model, steps, start.state, start.scaling, start.scaled)


def _latest(data: CloseDataModule, count: int) -> Int64[Tensor, " windows"]:
    """The training windows with the latest targets, ascending."""
    order = data.windows.target_times(data.fold.train)[:, -1].argsort(stable=True)
    return data.fold.train[order[-count:].sort().values]


class _Start(Callback):
    """Once the scaling has learned from all training closes, keeps what it was, and has the last windows trained on."""

    def __init__(self, latest: Int64[Tensor, " windows"]) -> None:
        self.latest = latest

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        data: Any = trainer.datamodule  # type: ignore[attr-defined]
        data.fold = data.fold._replace(train=self.latest)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        data: Any = trainer.datamodule  # type: ignore[attr-defined]
        assert isinstance(pl_module, Forecaster)
        window = data.windows[self.latest[-SCALED:]]
        units = units_of(pl_module, window)
        with torch.no_grad():
            seen = inputs(pl_module, window) if isinstance(units, RungUnits) else units.encode(window.context[..., 0])
            self.scaled = [seen, units.encode(window.target)]
        self.scaling = copy.deepcopy(dict(pl_module.scaling.state_dict()))
        self.state = copy.deepcopy(dict(pl_module.state_dict()))
