"""The one contract a model fulfils, and everything it inherits for it."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import torch
from jaxtyping import Float
from lightning.pytorch import LightningModule
from lightning.pytorch.cli import LRSchedulerCallable, OptimizerCallable, ReduceLROnPlateau
from torch import Tensor, nn

from cryptoforecast.data.datamodule import closes_of
from cryptoforecast.data.loader import WindowLoader
from cryptoforecast.data.series import CLOSE, VOLUME
from cryptoforecast.data.windows import Window
from cryptoforecast.errors import UserError
from cryptoforecast.models.curves import evaluation_curves, log_over_epochs
from cryptoforecast.models.finite import rate_of, require_finite_weights
from cryptoforecast.models.optimizers import take_fused_steps
from cryptoforecast.models.running import BatchTable, EpochMean
from cryptoforecast.models.scaling import RelativeLog, Scaling, standardise_volume
from cryptoforecast.models.versions import VERSIONS
from cryptoforecast.spec import accepted_by, class_path, plain_items, spec_of


class Forecaster(LightningModule):
    """A model of the next closes.

    A subclass writes ``__init__``, which passes its ``**kwargs`` on to this one, and ``forward``. Prices in and
    out, loss, metrics, logging, the random walk beside them and what a checkpoint holds are inherited.

    Args:
        context_length: count of closes seen; taken from ``data.context_length``.
        horizon: count of closes forecast; taken from ``data.horizon``.
        scaling: how closes become network inputs; by default ``RelativeLog``.
        optimizer: what learns.
        scheduler: what moves the learning rate from epoch to epoch; by default nothing does.
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
    ) -> None:
        super().__init__()
        self.save_hyperparameters(ignore=["scaling", "optimizer", "scheduler"])  # the subclass's arguments too
        self.context_length = context_length
        self.horizon = horizon
        self.columns = tuple(columns)
        self.channels = len(self.columns)  # what forward sees of each bar
        self.scaling = scaling or RelativeLog()
        self._optimizer = optimizer
        self._scheduler = scheduler
        self._train_loss = EpochMean()
        self._evaluation = BatchTable()

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
        return self._to_prices(self._asked(context), context)

    def training_step(self, window: Window, batch_index: int) -> Tensor | None:
        """The loss of a batch in scaled space; a model without weights has nothing to learn from it."""
        if not self._learns():
            return None
        loss = self.loss(self._asked(window.context), self._scaled(window.target, window.context))
        self._train_loss.add(loss.detach(), len(window.target) if self._weight(batch_index) else 0)
        return loss

    def backward(self, loss: Tensor, *args: Any, **kwargs: Any) -> None:
        """Where processes share a batch, count each one's loss by its share, for gradients are averaged evenly."""
        weight = self._weight(self.trainer.fit_loop.batch_idx)
        super().backward(loss if weight == 1 else loss * weight, *args, **kwargs)

    def on_train_epoch_end(self) -> None:
        """Log the epoch's learning rate and mean training loss; a variant with its own training step logs its own."""
        if self._learns():
            curves = {"learning_rate": torch.as_tensor(rate_of(self.trainer), dtype=torch.float32)}
            if (mean := self._train_loss.take(self)) is not None:
                curves["train/loss"] = mean
            log_over_epochs(self, curves)

    def validation_step(self, window: Window, batch_index: int) -> None:
        """Gather the errors of model and random walk on the same targets."""
        self._evaluate(window)

    def on_validation_epoch_end(self) -> None:
        """Log loss and RMSE in price over all validation targets, and the mean skill of the series."""
        self._log_evaluation("val")

    def test_step(self, window: Window, batch_index: int) -> None:
        """Gather the errors of model and random walk on the same targets."""
        self._evaluate(window)

    def on_test_epoch_end(self) -> None:
        """Log loss and RMSE in price over all test targets, and the mean skill of the series."""
        self._log_evaluation("test")

    def predict_step(self, window: Window, batch_index: int = 0) -> Float[Tensor, "batch horizon"]:
        """Forecast a batch, in prices."""
        return self.forecast(window.context)

    def setup(self, stage: str) -> None:
        """Let the scaling learn from the training closes, and from no others."""
        if stage != "fit":
            return
        if self.trainer.precision in ("16-true", "bf16-true"):
            raise UserError(
                f"trainer.precision {self.trainer.precision} rounds prices away; use 16-mixed or bf16-mixed."
            )
        if data := closes_of(self.trainer):
            self.scaling.fit(data.train_closes())

    def configure_optimizers(self) -> Any:
        """The optimizer with its scheduler; nothing for a model without weights."""
        if not self._learns():
            self.automatic_optimization = False
            return None
        try:
            optimizer = self._optimizer(self.parameters())
        except ValueError as problem:
            raise UserError(f"model.optimizer: {problem}.") from None
        take_fused_steps(optimizer)
        if self._scheduler is None:
            return optimizer
        scheduler = self._scheduler(optimizer)
        monitor = {"monitor": scheduler.monitor} if isinstance(scheduler, ReduceLROnPlateau) else {}
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, **monitor}}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Write down all that forecasting from the checkpoint alone takes, in values that cannot run code."""
        for key in ("hyper_parameters", "hparams_name"):
            checkpoint.pop(key, None)
        require_finite_weights(self.trainer, self)
        data = closes_of(self.trainer)
        checkpoint["cryptoforecast"] = {
            "versions": VERSIONS,
            "model": self.record(),
            "data": data.record() if data else None,
            "train_loss": self._train_loss.to_state(self),
        }

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take up the mean training loss where a checkpoint in the middle of an epoch left it."""
        self._train_loss.from_state(self, checkpoint["cryptoforecast"].get("train_loss", {}))

    def record(self) -> dict[str, Any]:
        """The class path and the arguments that make this forecaster again; its weights are not among them.

        Raises:
            UserError: if an argument cannot be written down.
        """
        arguments = {name: value for name, value in self.hparams.items() if not name.startswith("_")}
        arguments["scaling"] = spec_of(self.scaling)
        return {
            "class_path": class_path(type(self)),
            "init_args": plain_items({name: value for name, value in arguments.items() if name in self._accepted}),
        }

    @cached_property
    def _accepted(self) -> list[str]:
        return accepted_by(type(self))  # takes its time, and every checkpoint asks

    @classmethod
    def load_from_checkpoint(cls, checkpoint_path: Any, *_: Any, **__: Any) -> "Forecaster":
        """The forecaster of a checkpoint, ready to forecast: another name for ``load_forecaster``."""
        from cryptoforecast.models.checkpoint import load_forecaster

        return load_forecaster(checkpoint_path)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "_current_fx_name":  # Lightning notes each hook so, forty times a batch; a module's way is long
            self.__dict__[name] = value
        else:
            super().__setattr__(name, value)

    def _weight(self, batch_index: int) -> float:
        """What this process's mean loss of a batch counts for."""
        loader = self.trainer.train_dataloader if self.trainer.world_size > 1 else None
        return loader.sampler.weight(batch_index) if isinstance(loader, WindowLoader) else 1.0

    def _learns(self) -> bool:
        return any(weights.requires_grad for weights in self.parameters())

    def _asked(self, context: Tensor) -> Tensor:
        """What ``forward`` says of a context, if it has the shape that it should."""
        answer, wanted = self(self._inputs(context)), (len(context), self.horizon)
        if not isinstance(answer, Tensor) or answer.shape != wanted:
            given = tuple(answer.shape) if isinstance(answer, Tensor) else type(answer).__name__
            raise UserError(f"{type(self).__name__}.forward gave {given}, not (batch, horizon), which is {wanted}.")
        return answer

    def _inputs(self, context: Tensor) -> Tensor:
        """Bars as the network sees them: prices as the scaling has closes, volumes by their own window."""
        if context.shape[-1] != self.channels:
            raise UserError(
                f"{type(self).__name__} has columns {', '.join(self.columns)}, and is asked about bars with "
                f"{context.shape[-1]}; give model and data the same columns."
            )
        channels = [
            standardise_volume(values).to(self.dtype) if name == VOLUME else self._scaled(values, context)
            for name, values in zip(self.columns, context.unbind(-1), strict=True)
        ]
        return torch.stack(channels, dim=-1) if len(channels) > 1 else channels[0].unsqueeze(-1)

    def _scaled(self, closes: Tensor, context: Tensor) -> Tensor:
        return self.scaling.encode(closes, context[..., 0]).to(self.dtype)

    def _to_prices(self, scaled: Tensor, context: Tensor) -> Tensor:
        return self.scaling.decode(scaled.to(context.dtype), context[..., 0])

    def _evaluate(self, window: Window) -> None:
        """Add up losses and squared price errors, the model's, then the random walk's; errors series by series."""
        members, losses, errors = self._members(window), [], []
        if not len(window.target):  # the batch is another process's
            self._evaluation.add(members.new_zeros(2 + 3 * len(members)), 0)
            return
        walk = window.context[:, -1:, 0].expand_as(window.target)
        target = self._scaled(window.target, window.context)
        for forecast in (self.forecast(window.context), walk):
            losses.append(self.loss(self._scaled(forecast, window.context), target))
            errors.append((members * (forecast - window.target).square().mean(dim=1)).mean(dim=1))
        self._evaluation.add(torch.cat([torch.stack(losses), *errors, members.mean(dim=1)]), len(window.target))

    def _members(self, window: Window) -> Tensor:
        """One where a window is of a series, else zero: (series, batch); a product with it adds in a fixed order."""
        data = closes_of(self.trainer)
        if data is None:
            return torch.ones_like(window.target[:, 0]).unsqueeze(0)
        numbers = torch.arange(len(data.series), device=window.series.device)
        return (window.series == numbers.unsqueeze(1)).to(window.target.dtype)

    def _log_evaluation(self, stage: str) -> None:
        log_over_epochs(self, evaluation_curves(stage, self._evaluation.take(self)))
