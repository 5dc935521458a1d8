"""The contract of a model: what a subclass of Forecaster writes, what it may call, and what it inherits."""

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import torch
from jaxtyping import Float
from lightning.pytorch import LightningModule
from lightning.pytorch.cli import LRSchedulerCallable, OptimizerCallable
from torch import Tensor

from cryptoforecast.data.series import CLOSE, ColumnScaling
from cryptoforecast.data.windows import Window
from cryptoforecast.errors import UserError
from cryptoforecast.models.checkpoints.content import add_content, recipe_of_model, resume_from_content
from cryptoforecast.models.checkpoints.restore import restore_as
from cryptoforecast.models.contract import answers, learned
from cryptoforecast.models.contract.arguments import names_in_forward
from cryptoforecast.models.contract.batch_errors import add_errors, log_errors
from cryptoforecast.models.contract.column_scalings import channels_and_outputs, keep_scalings
from cryptoforecast.models.contract.curves import log_training
from cryptoforecast.models.contract.distribution_errors import LadderScores
from cryptoforecast.models.contract.epoch_curves import EpochCurves, add_to_curve
from cryptoforecast.models.contract.epoch_means import BatchTable
from cryptoforecast.models.contract.finite_weights import require_finite_weights
from cryptoforecast.models.contract.kept_arguments import keep_arguments
from cryptoforecast.models.contract.known_series import KnownSeries
from cryptoforecast.models.contract.optimizers import is_finished, optimizers_and_schedulers
from cryptoforecast.models.contract.preparation import prepare
from cryptoforecast.models.contract.reserved_names import is_plain_text, require_free, require_methods
from cryptoforecast.models.contract.signatures import former_name, is_overridden
from cryptoforecast.models.contract.training_loss import add_returned_loss, inherited_step, weighted_by_share
from cryptoforecast.models.heads.head import Head, Point
from cryptoforecast.models.heads.torch_distribution import usual_loss
from cryptoforecast.models.scaling import RelativeLog, Scaling

Bars = Float[Tensor, "batch context_length channels"]


class Forecaster(LightningModule):
    """A model that forecasts the next closes of a series from its last bars.

    A subclass writes ``__init__``, which passes its ``**kwargs`` on to this one, and :meth:`forward`. It may override
    :meth:`loss`, or instead of ``forward`` the whole :meth:`forecast`; have ``weight(window)``, the weights of windows
    in the training loss, or ``fit(x, y)``, to be fitted in one go; and choose ``best.ckpt`` by ``monitor``.

    Args:
        context_length, horizon: numbers of bars in the input and of closes to forecast; taken from ``data``.
        scaling: the map between closes and network inputs; by default ``RelativeLog``.
        optimizer: makes the optimizer from the weights.
        scheduler: makes the scheduler of the learning rate from the optimizer; by default the rate is constant.
        scheduler_interval: ``step`` or ``epoch``; by default ``step`` for OneCycleLR and CyclicLR, else ``epoch``.
        columns: names of the channels of the input, what is forecast first; taken from ``data.columns``.
        head: what the ``self.outputs`` numbers say that :meth:`forward` returns for a window; by default ``Point``.
        future: names of what is known beforehand of the targets' times; taken from ``data.future``.
        series_count: count of the series in training; taken from ``data.source``.
        across: whether ``forward`` sees and forecasts all series at once; taken from ``data.across``.
        scalings: of further columns by name: ``price``, ``other_price``, ``by_window``, ``as_is``, or a ``Scaling``.

    >>> class LastCloses(Forecaster):
    ...     def __init__(self, **kwargs):
    ...         super().__init__(**kwargs)
    ...         self.layer = torch.nn.Linear(self.context_length, self.outputs)
    ...     def forward(self, x):
    ...         return self.layer(x[..., 0])
    >>> LastCloses(context_length=30, horizon=2).forecast(torch.full((4, 30, 1), 100.0)).shape
    torch.Size([4, 2])
    """

    knows_until: str | None = None  # the day until which a pretrained model may have seen closes, or "unknown"
    monitor: ClassVar[str] = "val/loss"
    monitor_mode: ClassVar[Literal["min", "max"]] = "min"

    def __init__(
        self,
        context_length: int = 60,
        horizon: int = 1,
        scaling: Scaling | None = None,
        optimizer: OptimizerCallable = torch.optim.Adam,
        scheduler: LRSchedulerCallable | None = None,
        columns: Sequence[str] = (CLOSE,),
        scheduler_interval: Literal["step", "epoch"] | None = None,
        head: Head | None = None,
        future: Sequence[str] = (),
        series_count: int = 1,
        scalings: dict[str, ColumnScaling | Scaling] | None = None,
        across: bool = False,
    ) -> None:
        super().__init__()
        keep_arguments(self)
        self.context_length, self.horizon = context_length, horizon
        self.columns, self.future, self.series_count, self.across = tuple(columns), tuple(future), series_count, across
        self.names_in_forward = names_in_forward(self)
        self.known_series = KnownSeries() if "series" in self.names_in_forward else None
        self.scaling, self.output_head = scaling or RelativeLog(), head or Point()
        self.channels, self.outputs = channels_and_outputs(self)  # of forward, for a window
        self.scalings = keep_scalings(self, scalings or {})
        self._optimizer, self._scheduler, self._scheduler_interval = optimizer, scheduler, scheduler_interval
        self._curves, self._evaluation = EpochCurves(), BatchTable()
        self._inherited_loss: Tensor | None = None  # of a batch, until it is known what the step returned
        self._walk_has_a_loss: bool | None = None  # found out in the first validation batch
        self._ladder_scores: LadderScores | None = None  # fitted there too, for a model with a distribution

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        require_methods(cls, Forecaster)
        learned.record_fits_of(cls)

    def forward(self, x: Bars, *_: Any, **__: Any) -> answers.Numbers:
        """The network: scaled closes of the horizon from scaled bars. A subclass writes this.

        Args:
            x: scaled bars, oldest first; channel 0 is the close. What follows is given to a ``forward`` that names it.
            series: int64 ``(batch,)``, 0 for a series that the model was not trained on, else 1 to ``series_count``.
            times: int64 ``(batch, context_length)``, UTC nanoseconds of the bars.
            future: ``(batch, horizon, len(self.future))``, what is known beforehand of the targets' times.
            target: ``(batch, horizon)``, the scaled targets in a training step; None everywhere else.

        Returns:
            Scaled closes, or what the head needs; or a distribution of torch of batch shape ``(batch, horizon)``; or
            anything, in a subclass with ``point(output)``, scaled closes, ``loss(output, target)`` and, if it has them,
            ``quantiles(output, levels)``, scaled, ``(batch, horizon, levels)``.
        """
        raise UserError(f"{type(self).__name__} has no forward(x); that is where a model forecasts.")

    def loss(self, output: Any, target: Float[Tensor, "batch horizon"], *_: Any, **__: Any) -> Float[Tensor, ""]:
        """The number that training minimises, a mean over the batch: by default the squared error, or that of the head.

        Args:
            output: what :meth:`forward` returned, scaled; of a head with a distribution, what the head made of it.
            target: the actual closes, scaled in the same way. A ``loss`` that names ``window`` is given the batch too.
        """
        return usual_loss(output, target)

    def forecast(self, context: Bars) -> Float[Tensor, "batch horizon"]:
        """Closes of the horizon from float64 bars, oldest first, both in the series' currency."""
        return answers.forecast_context(self, context)

    def network_forecast(self, context: Bars) -> Float[Tensor, "batch horizon"]:
        """What :meth:`forward` returns for bars in prices: scaled closes, with gradients; its shape is checked."""
        return answers.point_of_network(self, context)

    def network_inputs(self, context: Bars) -> Bars:
        """The input of :meth:`forward` for bars: the first column through ``scaling``, others as ``scalings`` say."""
        return answers.scaled_bars(self, context)

    def scaled(self, closes: Any, context: Any = None) -> Any:
        """``(x, target)`` of a batch of windows, in the units of the network: the input of :meth:`forward`, and closes.

        Of closes ``(batch, length)`` with the bars before them, ``scaled(closes, context)`` are the closes alone.
        """
        if isinstance(closes, Window):
            return answers.input_and_target(self, closes)
        return self.scaling.encode(closes, context[..., 0]).to(self.dtype)

    def training_step(self, window: Window, batch_index: int) -> Tensor | None:
        """The mean loss of a batch, of which Lightning takes the gradient; None to skip it, as without weights.

        A subclass may override this: ``x, target = self.scaled(window)`` are in the units of the network, and the loss
        that it returns, also in a dictionary under ``loss``, is the curve ``train/loss``.
        """
        return inherited_step(self, window, batch_index) if self._learns() else None

    def on_train_batch_end(self, outputs: Any, batch: Window, batch_index: int) -> None:
        """Add the loss that a ``training_step`` of the subclass's own has returned to the curve ``train/loss``."""
        add_returned_loss(self, outputs, batch, batch_index)

    def backward(self, loss: Tensor, *args: Any, **kwargs: Any) -> None:
        """Compute gradients; where processes share a batch, the loss is weighted by the share of this process."""
        super().backward(weighted_by_share(self, loss), *args, **kwargs)

    def on_train_epoch_end(self) -> None:
        """Log the learning rate and the curves of the epoch, its mean loss among them."""
        if self._learns():
            log_training(self, self._curves.take(self, "train"))

    def curve(self, name: str, value: Tensor | float | int) -> None:
        """Log as ``train/<name>`` the epoch's mean of a number of each batch, or of several, one for each window.

        In a validation step it is ``val/<name>``. For example: ``self.curve("size", forecast.abs().mean())``.
        """
        add_to_curve(self, name, value)

    def validation_step(self, window: Window, batch_index: int) -> None:
        """Add up the errors of the model and of the random walk on the same targets."""
        add_errors(self, window)

    def on_validation_epoch_end(self) -> None:
        """Log loss, RMSE in price and mean skill over the series, of all validation targets."""
        log_errors(self, "val")

    test_step = validation_step

    def on_test_epoch_end(self) -> None:
        """Log loss, RMSE in price and mean skill over the series, of all test targets."""
        log_errors(self, "test")

    def predict_step(self, window: Window, batch_index: int = 0) -> Float[Tensor, "batch horizon"]:
        """The forecasts of a batch, in prices: what ``Trainer.predict`` collects."""
        return answers.forecast_window(self, window)

    def setup(self, stage: str) -> None:
        """Check that model and data agree (else UserError); before a fit, fit the scaling on training closes alone."""
        prepare(self, stage)

    def configure_optimizers(self) -> Any:
        """The optimizer and its scheduler, as Lightning takes them; None for a model without weights."""
        return optimizers_and_schedulers(self)

    def lr_scheduler_step(self, scheduler: Any, metric: Any) -> None:
        """Step a scheduler, unless its cycle has ended: torch would raise the learning rate again."""
        if not is_finished(scheduler):
            super().lr_scheduler_step(scheduler, metric)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add what forecasting from the checkpoint alone takes, as plain values that cannot run code."""
        require_finite_weights(self.trainer, self)
        add_content(self, checkpoint)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Restore the curves of the epoch, for a fit that goes on within it."""
        resume_from_content(self, checkpoint)

    def record(self) -> dict[str, Any]:
        """The class path and the arguments, as plain values; UserError if an argument has no plain form."""
        return recipe_of_model(self)

    @classmethod
    def load_from_checkpoint(cls, checkpoint_path: Any, *arguments: Any, **named: Any) -> "Forecaster":
        """The forecaster of a checkpoint, which must be of this class; takes ``map_location`` and ``rename``."""
        return restore_as(cls, Forecaster, checkpoint_path, *arguments, **named)

    def __setattr__(self, name: str, value: Any) -> None:
        if is_plain_text(self, name, value):  # such as Lightning sets forty times a batch: nothing to check or register
            self.__dict__[name] = value
        else:
            require_free(self, Forecaster, name, value)
            super().__setattr__(name, value)

    def _learns(self) -> bool:
        return not learned.is_estimator(type(self)) and any(part.requires_grad for part in self.parameters())

    _asked = former_name("_asked", "network_forecast")
    _inputs = former_name("_inputs", "network_inputs")
    _scaled = former_name("_scaled", "scaled")

    def _overrides(self, name: str) -> bool:
        return is_overridden(self, name, Forecaster)
