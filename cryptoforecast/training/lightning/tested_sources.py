"""Whether the functions of Lightning that the lean loop replaces are those that it was written for.

Compared are their sources, not Lightning's version: a release may leave them alone, and whatever patches Lightning in
a process may not.
"""

import functools
import hashlib
import inspect
import linecache
from types import CodeType
from typing import Any

from lightning.pytorch import LightningModule
from lightning.pytorch.core.optimizer import LightningOptimizer
from lightning.pytorch.loops.fetchers import _PrefetchDataFetcher
from lightning.pytorch.loops.optimization.automatic import Closure, ClosureResult, _AutomaticOptimization
from lightning.pytorch.loops.training_epoch_loop import _TrainingEpochLoop
from lightning.pytorch.plugins.precision import Precision
from lightning.pytorch.profilers import PassThroughProfiler
from lightning.pytorch.strategies import SingleDeviceStrategy
from lightning.pytorch.trainer import call
from lightning.pytorch.trainer.connectors.logger_connector.logger_connector import _LoggerConnector

# What a batch calls in Lightning, and the SHA-256 of the sources in 2.6.0, 2.6.1, 2.6.4, 2.6.5 and 2.6.6, which are the
# same. (2.6.2 and 2.6.3 were withdrawn as compromised.)
REPLACED: tuple[tuple[Any, str, str], ...] = (
    (
        _TrainingEpochLoop,
        "run reset on_run_start advance on_advance_end _should_accumulate _num_ready_batches_reached "
        "update_lr_schedulers _update_learning_rates _build_kwargs",
        "da3b9f8a303c286bd898cf292924bd17",
    ),
    (
        _AutomaticOptimization,
        "run _make_closure _make_step_fn _make_zero_grad_fn _make_backward_fn _optimizer_step "
        "_on_before_zero_grad _optimizer_zero_grad _training_step",
        "ce00f190b625f8929ed2ace95e448e74",
    ),
    (
        Closure,
        "closure __call__",
        "7e7398757261117332df3b1202ccd564",
    ),
    (
        ClosureResult,
        "__post_init__ _clone_loss from_training_step_output asdict",
        "924593cf5d11067ff359bc8c73a4cc3a",
    ),
    (
        _PrefetchDataFetcher,
        "__next__",
        "8f0a5aaa8364fefd75c93e8cc9cd1f28",
    ),
    (
        call,
        "_call_callback_hooks _call_lightning_module_hook _call_strategy_hook",
        "5c3b06cf08aaf232736815962666540a",
    ),
    (
        SingleDeviceStrategy,
        "batch_to_device training_step post_training_step on_train_batch_start backward pre_backward "
        "post_backward optimizer_step",
        "409ae44664872d6b621339351d571994",
    ),
    (
        Precision,
        "convert_input pre_backward backward post_backward optimizer_step _wrap_closure _after_closure "
        "_clip_gradients clip_gradients",
        "e8e63abd2746d5b0aae66597a721540f",
    ),
    (
        LightningOptimizer,
        "step",
        "2deb81e29c53803e977955fa6656db70",
    ),
    (
        LightningModule,
        "_on_before_batch_transfer _apply_batch_transfer_handler transfer_batch_to_device "
        "on_before_batch_transfer on_after_batch_transfer optimizer_step optimizer_zero_grad backward "
        "configure_gradient_clipping lr_scheduler_step",
        "8e8aae87b19494ee44992c7642fd6fdd",
    ),
    (
        _LoggerConnector,
        "on_batch_start on_batch_end update_train_step_metrics should_reset_tensors",
        "d83077db1c593f8448805849585fc95b",
    ),
    (
        PassThroughProfiler,
        "profile start stop",
        "7b7593396bf39d9a537a632d30340486",
    ),
)


@functools.cache
def changed_owner() -> str | None:
    """The first class or module of Lightning whose functions are not the tested ones; None if all are."""
    return next((owner.__name__ for owner, names, tested in REPLACED if digest(owner, names) != tested), None)


def digest(owner: Any, names: str) -> str:
    """The first half of the SHA-256 of the sources of some functions, without regard to white space.

    Args:
        owner: the class or module that has the functions.
        names: of the functions, separated by spaces.

    Returns:
        The digest; empty where a source cannot be read.
    """
    try:
        sources = [_source(_function(owner, name).__code__) for name in names.split()]
    except (AttributeError, IndexError, SyntaxError):  # it is gone, no function of Python, or its file is
        return ""
    return hashlib.sha256("\n".join(" ".join(source.split()) for source in sources).encode()).hexdigest()[:32]


def _source(code: CodeType) -> str:
    """The source of a function; ``inspect.getsource`` would look through all modules first, for a tenth of a second."""
    return "".join(inspect.getblock(linecache.getlines(code.co_filename)[code.co_firstlineno - 1 :]))


def _function(owner: Any, name: str) -> Any:
    """A function, without torch's wrapper around it; any other wrapper is part of what is compared."""
    function = inspect.getattr_static(owner, name)
    function = getattr(function, "__func__", function)  # of a classmethod
    return function.__wrapped__ if function.__code__.co_filename.endswith("_contextlib.py") else function
