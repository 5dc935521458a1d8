"""Lightning's loop over training batches, without the calls that have no effect.

Around each batch Lightning calls forty hooks, most of which nobody has written, enters a profiler's context for each,
inspects the signature of the training step, and looks through all logged values. With a small network that is most of
the time. ``CRYPTOFORECAST_LEAN=0`` turns this loop off, and Lightning's own trains, to the same bits.
"""

import functools
import os
import warnings
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import lightning
import torch
from lightning.pytorch import LightningDataModule, LightningModule, Trainer
from lightning.pytorch.loops.fetchers import _DataFetcher, _PrefetchDataFetcher
from lightning.pytorch.loops.optimization.automatic import ClosureResult
from lightning.pytorch.loops.training_epoch_loop import _TrainingEpochLoop
from lightning.pytorch.plugins.precision import Precision
from lightning.pytorch.profilers import PassThroughProfiler
from lightning.pytorch.strategies import SingleDeviceStrategy
from lightning.pytorch.utilities.signature_utils import is_param_in_hook_signature
from torch import Tensor

from cryptoforecast.data.datamodule import datamodule_of
from cryptoforecast.errors import DataNotice
from cryptoforecast.models.contract.signatures import is_overridden
from cryptoforecast.training.lightning.hooks import Hooks
from cryptoforecast.training.lightning.tested_sources import changed_owner

SWITCH = "CRYPTOFORECAST_LEAN"  # an environment variable; 0 turns the lean loop off
NO_CONTEXT = nullcontext()
AROUND_A_TRANSFER = ("on_before_batch_transfer", "on_after_batch_transfer")


class NoProfiler(PassThroughProfiler):
    """A profiler that measures nothing, in the least time: Lightning enters its context sixty times a batch."""

    def profile(self, action_name: str) -> AbstractContextManager[None]:  # type: ignore[override]
        """The same empty context each time; PassThroughProfiler makes a generator, which takes a microsecond."""
        return NO_CONTEXT


def use_lean_loop(trainer: Trainer) -> None:
    """Have a trainer use the lean loop, where it comes to the same as Lightning's.

    Lightning's own loop stays if ``CRYPTOFORECAST_LEAN`` is 0, and, with a notice, if the functions of Lightning that
    the lean loop replaces are not those that it was tested with.

    Args:
        trainer: has not started to train.
    """
    if os.environ.get(SWITCH) == "0":
        return
    if (changed := changed_owner()) is not None:
        _notice_change(changed)
        return
    usual = trainer.fit_loop.epoch_loop
    trainer.fit_loop.epoch_loop = LeanEpochLoop(trainer, usual.min_steps, usual.max_steps)


@functools.cache
def _notice_change(owner: str) -> None:
    """Say, once in a process, that Lightning's own loop trains."""
    warnings.warn(
        f"Lightning {lightning.__version__} has another {owner} than the lean loop was tested with, so its own loop "
        "trains, with the same result, and takes a millisecond or two more for each batch.",
        DataNotice,
        stacklevel=3,
    )


class LeanEpochLoop(_TrainingEpochLoop):
    """Lightning's loop over the batches of an epoch, with those of its calls that have an effect, in the same order.

    For the first batch after a restart, and wherever more is asked for than is done here (several processes, mixed
    precision, a profiler, manual optimization, a model with its own ``optimizer_step``), Lightning's own code runs.
    """

    def on_run_start(self, data_fetcher: _DataFetcher) -> None:
        """Find the hooks to call in this epoch."""
        super().on_run_start(data_fetcher)
        self._hooks = Hooks(self.trainer) if _is_ordinary(self.trainer, data_fetcher) else None
        self._takes_index = is_param_in_hook_signature(
            self.trainer.lightning_module.training_step, "batch_idx", min_args=2
        )

    def advance(self, data_fetcher: _DataFetcher) -> None:
        """Train on the next batch.

        Raises:
            StopIteration: if a hook of the model has ended the epoch.
        """
        hooks, progress, log = self._hooks, self.batch_progress, self.trainer._logger_connector
        if hooks is None or self.restarting:
            super().advance(data_fetcher)
            return
        index, batch = progress.current.ready, self._next_batch(data_fetcher)
        progress.is_last_batch = data_fetcher.done
        progress.increment_ready()
        log.on_batch_start(batch)
        if hooks.call("on_train_batch_start", batch, index) == -1:
            progress.increment_by(0, is_last_batch=True)
            progress.increment_processed()
            self._step_schedulers()
            raise StopIteration
        progress.increment_started()
        outputs = self._optimize(hooks, batch, index)
        progress.increment_processed()
        self._step_schedulers()
        hooks.call("on_train_batch_end", outputs, batch, index)
        self._results.batch = None
        if self._results:
            log.on_batch_end()
        progress.increment_completed()
        if self._results:
            log.update_train_step_metrics()

    def _next_batch(self, data_fetcher: _DataFetcher) -> Any:
        batch, _, _ = next(data_fetcher)
        data = self.trainer.datamodule
        return data.transfer_batch_to_device(batch, self.trainer.strategy.root_device, 0)

    def _optimize(self, hooks: Hooks, batch: Any, index: int) -> dict[str, Any]:
        """Run forward and backward, and step the optimizer unless gradients are still being accumulated.

        Returns:
            The detached loss and what else the training step returned, as callbacks get it.
        """
        outputs: dict[str, Any] = {}
        if self._should_accumulate():
            self._compute_gradients(hooks, batch, index, outputs)
            return outputs
        optimizer, step = self.trainer.optimizers[0], self.automatic_optimization.optim_progress.optimizer.step

        def closure() -> Tensor | None:  # some optimizers call it more than once
            self._compute_gradients(hooks, batch, index, outputs)
            hooks.call("on_before_optimizer_step", optimizer)
            self._clip(hooks, optimizer)
            return outputs.get("loss")

        step.increment_ready()
        optimizer.step(closure)
        step.increment_completed()
        return outputs

    @torch.enable_grad()
    def _compute_gradients(self, hooks: Hooks, batch: Any, index: int, outputs: dict[str, Any]) -> None:
        accumulated = self.trainer.accumulate_grad_batches
        output = hooks.call_method("training_step", batch, *([index] if self._takes_index else []))
        only_loss = isinstance(output, Tensor) and accumulated == 1
        result = ClosureResult(output) if only_loss else ClosureResult.from_training_step_output(output, accumulated)
        if index % accumulated == 0:
            self._zero_gradients(hooks, index)
        if result.closure_loss is None:
            return
        outputs.update(result.asdict())
        hooks.call("on_before_backward", result.closure_loss)
        hooks.call_method("backward", result.closure_loss)
        hooks.call("on_after_backward")

    def _zero_gradients(self, hooks: Hooks, index: int) -> None:
        optimizer, zeroing = self.trainer.optimizers[0], self.automatic_optimization.optim_progress.optimizer.zero_grad
        zeroing.increment_ready()
        hooks.call("on_before_zero_grad", optimizer)
        zeroing.increment_started()
        hooks.call_method("optimizer_zero_grad", self.trainer.current_epoch, index, optimizer)
        zeroing.increment_completed()

    def _clip(self, hooks: Hooks, optimizer: torch.optim.Optimizer) -> None:
        trainer = self.trainer
        if trainer.gradient_clip_val or is_overridden(
            trainer.lightning_module, "configure_gradient_clipping", LightningModule
        ):
            hooks.call_method(
                "configure_gradient_clipping",
                optimizer,
                gradient_clip_val=trainer.gradient_clip_val,
                gradient_clip_algorithm=trainer.gradient_clip_algorithm,
            )

    def _step_schedulers(self) -> None:
        """Step the schedulers of learning rates, except those that monitor a validation metric."""
        if self.trainer.lr_scheduler_configs:
            self.update_lr_schedulers("step", update_plateau_schedulers=False)
            if self._num_ready_batches_reached():
                self.update_lr_schedulers("epoch", update_plateau_schedulers=False)


def _is_ordinary(trainer: Trainer, data_fetcher: _DataFetcher) -> bool:
    """Whether a fit asks for nothing in a batch but what :class:`LeanEpochLoop` does."""
    module, data, strategy = trainer.lightning_module, datamodule_of(trainer), trainer.strategy
    return (
        isinstance(trainer.profiler, NoProfiler)  # type: ignore[attr-defined]
        and type(strategy) is SingleDeviceStrategy
        and strategy.model is module
        and type(trainer.precision_plugin) is Precision
        and module.automatic_optimization
        and type(data_fetcher) is _PrefetchDataFetcher
        and data is not None
        and not any(is_overridden(data, name, LightningDataModule) for name in AROUND_A_TRANSFER)
        and not any(is_overridden(module, name, LightningModule) for name in (*AROUND_A_TRANSFER, "optimizer_step"))
    )
