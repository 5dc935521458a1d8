"""The one contract a model fulfils, and everything it inherits for it."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Literal

import torch
from jaxtyping import Float
from lightning.pytorch import LightningModule
from lightning.pytorch.cli import LRSchedulerCallable, OptimizerCallable
from torch import Tensor, nn

from cryptoforecast.data.batches import WindowLoader
from cryptoforecast.data.datamodule import datamodule_of
from cryptoforecast.data.series import CLOSE, VOLUME
from cryptoforecast.data.windows import Window
from cryptoforecast.errors import UserError
from cryptoforecast.models.checkpoints.content import add_content, resume_from_content
from cryptoforecast.models.checkpoints.restore import restore_as
from cryptoforecast.models.contract import checks
from cryptoforecast.models.contract.batch_errors import add_errors, log_errors
from cryptoforecast.models.contract.curves import log_over_epochs
from cryptoforecast.models.contract.epoch_curves import EpochCurves, add_to_curve
from cryptoforecast.models.contract.epoch_means import BatchTable
from cryptoforecast.models.contract.finite_weights import learning_rate_of, require_finite_weights
from cryptoforecast.models.contract.lazy_layers import initialise_lazy_layers
from cryptoforecast.models.contract.optimizers import is_finished, optimizers_and_schedulers, trainer_of
from cryptoforecast.models.contract.reserved_names import INTERNAL, require_free, require_methods
from cryptoforecast.models.contract.signatures import is_overridden
from cryptoforecast.models.scaling import RelativeLog, Scaling, standardise_volume
from cryptoforecast.recipe.write import argument_names, class_path, recipe_of, to_json_values

NOT_OF_A_FORECAST = ["scaling", "optimizer", "scheduler", "scheduler_interval"]  # and so in no record of a model


class Forecaster(LightningModule):
    """A model of the next closes.

    A subclass writes ``__init__``, which passes its ``**kwargs`` on to this one, and ``forward``. Prices in and
    out, loss, metrics, logging, the random walk beside them and what a checkpoint holds are inherited.

    Args:
        context_length: count of closes seen; taken from ``data.context_length``.
        horizon: count of closes forecast; taken from ``data.horizon``.
        scaling: how closes become network inputs; by default ``RelativeLog``.
        optimizer: what learns.
        scheduler: what moves the learning rate; by default nothing does.
        scheduler_interval: when it does so; by default each ``step`` for OneCycleLR and CyclicLR, else each ``epoch``.
        columns: what is seen of each bar, Close first; taken from ``data.columns``.
    """

    def __init__(
        self,
        context_length: int = 60,
        horizon: int = 1,
        scaling: Scaling | None = None,
        optimizer: OptimizerCallable = torch.optim.Adam,
        scheduler: LRSchedulerCallable | None = None,
        columns: Sequence[str] = (CLOSE,),
        scheduler_interval: Literal["step", "epoch"] | None = None,
    ) -> None:
        super().__init__()
        self.save_hyperparameters(ignore=NOT_OF_A_FORECAST)  # the subclass's arguments too
        self.context_length = context_length
        self.horizon = horizon
        self.columns = tuple(columns)
        self.channels = len(self.columns)  # what forward sees of each bar
        self.scaling = scaling or RelativeLog()
        self._optimizer = optimizer
        self._scheduler, self._scheduler_interval = scheduler, scheduler_interval
        self._curves, self._evaluation = EpochCurves(), BatchTable()
        self._walk_has_a_loss: bool | None = None  # not known yet

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        require_methods(cls, Forecaster)

    def forward(self, x: Float[Tensor, "batch context_length channels"]) -> Float[Tensor, "batch horizon"]:
        """Forecast scaled closes from scaled bars, whose channel 0 is the close. This is what a variant writes."""
        raise UserError(f"{type(self).__name__} has no forward(x); that is where a model forecasts.")

    def loss(
        self, forecast: Float[Tensor, "batch horizon"], target: Float[Tensor, "batch horizon"]
    ) -> Float[Tensor, ""]:
        """Mean over a batch of what is to be made small, both arguments scaled; by default the squared error."""
        return nn.functional.mse_loss(forecast, target)

    def forecast(self, context: Float[Tensor, "batch context_length channels"]) -> Float[Tensor, "batch horizon"]:
        """Forecast closes from bars, all in prices."""
        return self._to_prices(self.network_forecast(context), context)

    def training_step(self, window: Window, batch_index: int) -> Tensor | None:
        """The loss of a batch in scaled space; a model without weights has nothing to learn from it."""
        if not self._learns():
            return None
        checks.require_target(self, window.target)
        loss = self._loss(self.network_forecast(window.context), self.scaled(window.target, window.context))
        self._curves.add("train/loss", loss.detach(), len(window.target) if self._weight(batch_index) else 0)
        return loss

    def backward(self, loss: Tensor, *args: Any, **kwargs: Any) -> None:
        """Where processes share a batch, count each one's loss by its share, for gradients are averaged evenly."""
        checks.require_gradient(self, loss)
        weight = self._weight(self.trainer.fit_loop.batch_idx)
        super().backward(loss if weight == 1 else loss * weight, *args, **kwargs)

    def on_train_epoch_end(self) -> None:
        """Log the epoch's learning rate, its mean training loss, and what the training steps have drawn."""
        if self._learns():
            rate = torch.as_tensor(learning_rate_of(self.trainer), dtype=torch.float32)
            log_over_epochs(self, {"learning_rate": rate, **self._curves.take(self, "train")})

    def curve(self, name: str, value: Tensor | float | int) -> None:
        """Draw a curve over the epochs: the mean over an epoch's windows of a number of each batch.

        Called in a training step it is ``train/<name>``, in a validation step ``val/<name>``; between steps nothing is
        drawn. For example, in ``loss``: ``self.curve("size", forecast.abs().mean())``.

        Args:
            name: of the curve, without its stage.
            value: a number, or one for each window.
        """
        add_to_curve(self, name, value)

    def validation_step(self, window: Window, batch_index: int) -> None:
        """Gather the errors of model and random walk on the same targets."""
        add_errors(self, window)

    def on_validation_epoch_end(self) -> None:
        """Log loss and RMSE in price over all validation targets, and the mean skill of the series."""
        log_errors(self, "val")

    def test_step(self, window: Window, batch_index: int) -> None:
        """Gather the errors of model and random walk on the same targets."""
        add_errors(self, window)

    def on_test_epoch_end(self) -> None:
        """Log loss and RMSE in price over all test targets, and the mean skill of the series."""
        log_errors(self, "test")

    def predict_step(self, window: Window, batch_index: int = 0) -> Float[Tensor, "batch horizon"]:
        """Forecast a batch, in prices."""
        return self.forecast(window.context)

    def setup(self, stage: str) -> None:
        """See that lengths agree, and let the scaling learn from the training closes, and from no others.

        Raises:
            UserError: if model and data have other lengths or columns.
        """
        data = datamodule_of(self.trainer)
        if data is not None:
            checks.require_lengths(self, data)
        if stage != "fit":
            return
        checks.require_precision(self.trainer)
        if data is not None:
            self.scaling.fit(data.train_closes())
            initialise_lazy_layers(self, data)

    def configure_optimizers(self) -> Any:
        """The optimizer with its scheduler; nothing for a model without weights."""
        if not self._learns():
            self.automatic_optimization = False
            return None
        return optimizers_and_schedulers(self, self._optimizer, self._scheduler, self._scheduler_interval)

    def lr_scheduler_step(self, scheduler: Any, metric: Any) -> None:
        """Move the learning rate; at the end of a cycle it stays, where torch would go back up."""
        if not is_finished(scheduler):
            super().lr_scheduler_step(scheduler, metric)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Write down all that forecasting from the checkpoint alone takes, in values that cannot run code."""
        require_finite_weights(self.trainer, self)
        add_content(self, checkpoint)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take up the curves where a checkpoint in the middle of an epoch left them."""
        if trainer_of(self) is not None:  # else it is only read, and does not go on
            resume_from_content(self, checkpoint)

    def record(self) -> dict[str, Any]:
        """The class path and the arguments that make this forecaster again; its weights are not among them.

        Raises:
            UserError: if an argument cannot be written down.
        """
        arguments = {name: value for name, value in self.hparams.items() if not name.startswith("_")}
        arguments["scaling"] = recipe_of(self.scaling)
        accepted = {name: value for name, value in arguments.items() if name in self._accepted}
        return {"class_path": class_path(type(self)), "init_args": to_json_values(accepted)}

    @cached_property
    def _accepted(self) -> list[str]:
        return argument_names(type(self))  # takes its time, and every checkpoint asks

    @classmethod
    def load_from_checkpoint(cls, checkpoint_path: Any, *arguments: Any, **named: Any) -> "Forecaster":
        """The forecaster of a checkpoint, which must be of this class; takes ``map_location`` and ``rename``."""
        return restore_as(cls, Forecaster, checkpoint_path, *arguments, **named)

    def __setattr__(self, name: str, value: Any) -> None:
        private_text = name.startswith("_") and name in self.__dict__ and (value is None or type(value) is str)
        if private_text and name not in INTERNAL:  # such as Lightning sets forty times a batch: nothing to register
            self.__dict__[name] = value
        else:
            require_free(self, Forecaster, name, value)
            super().__setattr__(name, value)

    def _weight(self, batch_index: int) -> float:
        """What this process's mean loss of a batch counts for."""
        loader = self.trainer.train_dataloader if self.trainer.world_size > 1 else None
        return loader.sampler.weight(batch_index) if isinstance(loader, WindowLoader) else 1.0

    def _learns(self) -> bool:
        return any(weights.requires_grad for weights in self.parameters())

    def network_forecast(self, context: Tensor) -> Tensor:
        """What ``forward`` returns for a context, scaled, if it has the shape that it should."""
        x = self.network_inputs(context)
        try:
            answer = self(x)
        except (TypeError, ValueError) as problem:
            checks.explain_failed_call(self, problem, len(x))
            raise
        return checks.require_forecast(self, "forward", answer, x, self.horizon)

    def _loss(self, forecast: Tensor, target: Tensor) -> Tensor:
        return checks.require_loss(self, self.loss(forecast, target))

    def network_inputs(self, context: Tensor) -> Tensor:
        """Bars as the network sees them: prices as the scaling has closes, volumes by their own window."""
        checks.require_bars(self, context)
        channels = [
            standardise_volume(values).to(self.dtype) if name == VOLUME else self.scaled(values, context)
            for name, values in zip(self.columns, context.unbind(-1), strict=True)
        ]
        return torch.stack(channels, dim=-1) if len(channels) > 1 else channels[0].unsqueeze(-1)

    def scaled(self, closes: Tensor, context: Tensor) -> Tensor:
        """Closes in the units of ``forward``, scaled by what their context says."""
        return self.scaling.encode(closes, context[..., 0]).to(self.dtype)

    def _to_prices(self, scaled: Tensor, context: Tensor) -> Tensor:
        return self.scaling.decode(scaled.to(context.dtype), context[..., 0])

    def _overrides(self, name: str) -> bool:
        """Whether a method is the subclass's own."""
        return is_overridden(self, name, Forecaster)
