"""Training batches as Lightning takes them, without what nobody asked for.

Around each batch Lightning calls forty hooks, most of which nobody has written, has a profiler measure each, asks for
the signature of the training step, and looks through what was logged. Beside a small network that is most of the time.
"""

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
from cryptoforecast.models.contract.signatures import is_overridden
from cryptoforecast.training.lightning.hooks import Hooks

TESTED = "2.6."  # the versions of Lightning whose batches these are; another takes its own
NOTHING = nullcontext()
AROUND_A_TRANSFER = ("on_before_batch_transfer", "on_after_batch_transfer")


class NoProfiler(PassThroughProfiler):
    """What Lightning puts around each of its sixty calls a batch if nobody asks how long they take: nothing."""

    def profile(self, action_name: str) -> AbstractContextManager[None]:  # type: ignore[override]
        """A context that does nothing; PassThroughProfiler makes a generator for it, which takes a microsecond."""
        return NOTHING


def use_lean_loop(trainer: Trainer) -> None:
    """Let a trainer that has not begun take lean steps, wherever they come to the same."""
    usual = trainer.fit_loop.epoch_loop
    trainer.fit_loop.epoch_loop = LeanEpochLoop(trainer, usual.min_steps, usual.max_steps)


class LeanEpochLoop(_TrainingEpochLoop):
    """Lightning's loop over the batches of an epoch, which does the same things in the same order, and no others.

    Where anything is out of the ordinary (several processes, mixed precision, a profiler, manual optimization, a
    model with an ``optimizer_step`` of its own, another version of Lightning), and for the first batch after a
    restart, it is Lightning's own.
    """

    def on_run_start(self, data_fetcher: _DataFetcher) -> None:
        """See who has to be called this epoch."""
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
            self._move_learning_rates()
            raise StopIteration
        progress.increment_started()
        outputs = self._learn(hooks, batch, index)
        progress.increment_processed()
        self._move_learning_rates()
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

    def _learn(self, hooks: Hooks, batch: Any, index: int) -> dict[str, Any]:
        """Forward, backward, and a step of the optimizer unless gradients are still gathered.

        Returns:
            The detached loss and whatever else the training step gave, as callbacks see it.
        """
        outputs: dict[str, Any] = {}
        if self._should_accumulate():
            self._find_gradients(hooks, batch, index, outputs)
            return outputs
        optimizer, step = self.trainer.optimizers[0], self.automatic_optimization.optim_progress.optimizer.step

        def closure() -> Tensor | None:  # some optimizers ask more than once
            self._find_gradients(hooks, batch, index, outputs)
            hooks.call("on_before_optimizer_step", optimizer)
            self._clip(hooks, optimizer)
            return outputs.get("loss")

        step.increment_ready()
        optimizer.step(closure)
        step.increment_completed()
        return outputs

    @torch.enable_grad()
    def _find_gradients(self, hooks: Hooks, batch: Any, index: int, outputs: dict[str, Any]) -> None:
        gathered = self.trainer.accumulate_grad_batches
        answer = hooks.ask("training_step", batch, *([index] if self._takes_index else []))
        plain = isinstance(answer, Tensor) and gathered == 1
        result = ClosureResult(answer) if plain else ClosureResult.from_training_step_output(answer, gathered)
        if index % gathered == 0:
            self._zero_gradients(hooks, index)
        if result.closure_loss is None:
            return
        outputs.update(result.asdict())
        hooks.call("on_before_backward", result.closure_loss)
        hooks.ask("backward", result.closure_loss)
        hooks.call("on_after_backward")

    def _zero_gradients(self, hooks: Hooks, index: int) -> None:
        optimizer, zeroing = self.trainer.optimizers[0], self.automatic_optimization.optim_progress.optimizer.zero_grad
        zeroing.increment_ready()
        hooks.call("on_before_zero_grad", optimizer)
        zeroing.increment_started()
        hooks.ask("optimizer_zero_grad", self.trainer.current_epoch, index, optimizer)
        zeroing.increment_completed()

    def _clip(self, hooks: Hooks, optimizer: torch.optim.Optimizer) -> None:
        trainer = self.trainer
        if trainer.gradient_clip_val or is_overridden(
            trainer.lightning_module, "configure_gradient_clipping", LightningModule
        ):
            hooks.ask(
                "configure_gradient_clipping",
                optimizer,
                gradient_clip_val=trainer.gradient_clip_val,
                gradient_clip_algorithm=trainer.gradient_clip_algorithm,
            )

    def _move_learning_rates(self) -> None:
        """Let schedulers act, but for those that wait for a validation."""
        if self.trainer.lr_scheduler_configs:
            self.update_lr_schedulers("step", update_plateau_schedulers=False)
            if self._num_ready_batches_reached():
                self.update_lr_schedulers("epoch", update_plateau_schedulers=False)


def _is_ordinary(trainer: Trainer, data_fetcher: _DataFetcher) -> bool:
    """Whether nothing of all that Lightning can do about a batch is asked for but what stands here."""
    module, data, strategy = trainer.lightning_module, datamodule_of(trainer), trainer.strategy
    return (
        lightning.__version__.startswith(TESTED)
        and isinstance(trainer.profiler, NoProfiler)  # type: ignore[attr-defined]
        and type(strategy) is SingleDeviceStrategy
        and strategy.model is module
        and type(trainer.precision_plugin) is Precision
        and module.automatic_optimization
        and type(data_fetcher) is _PrefetchDataFetcher
        and data is not None
        and not any(is_overridden(data, name, LightningDataModule) for name in AROUND_A_TRANSFER)
        and not any(is_overridden(module, name, LightningModule) for name in (*AROUND_A_TRANSFER, "optimizer_step"))
    )
