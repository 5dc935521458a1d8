"""The options of a trainer whose fits go on from a checkpoint to the same bits."""

from typing import Any

from lightning.pytorch import Callback
from lightning.pytorch.callbacks import ModelCheckpoint

from cryptoforecast.training.checkpoint_io import AtomicCheckpointIO
from cryptoforecast.training.finite_loss import FiniteLoss
from cryptoforecast.training.lightning.resumption import Resumption
from cryptoforecast.training.seeding import SeedEachBatch

OURS = (FiniteLoss, SeedEachBatch, Resumption)  # in the order in which they act


def exact(**options: Any) -> dict[str, Any]:
    """Options for Lightning's ``Trainer`` under which a fit that was stopped goes on to the same bits.

    They are the given ones, with callbacks that seed what each batch draws, write what going on takes into each
    checkpoint, and end training where a loss is no number; and with checkpoints that are written whole or not at all,
    and read without running code. ``fit`` on the command line uses the same.

    Call ``lightning.pytorch.seed_everything`` before the model is made; a checkpoint knows the seed.

    Args:
        options: any of ``Trainer``'s; ``callbacks`` and ``plugins`` are added to.

    Returns:
        What to give to ``Trainer``.

    >>> trainer = Trainer(**exact(max_epochs=3, callbacks=[ModelCheckpoint(filename="last")]))  # doctest: +SKIP
    >>> trainer.fit(model, data, ckpt_path="last.ckpt")  # doctest: +SKIP
    """
    given: list[Callback] = sorted(as_list(options.get("callbacks")), key=_comes_last)
    missing = [kind() for kind in OURS if not any(type(callback) is kind for callback in given)]
    plugins = as_list(options.get("plugins"))
    if not any(isinstance(plugin, AtomicCheckpointIO) for plugin in plugins):
        plugins.append(AtomicCheckpointIO())
    return {**options, "callbacks": [*missing, *given], "plugins": plugins}


def as_list(given: Any) -> list[Any]:
    """Callbacks or plugins as a list, which Trainer also takes alone or as None."""
    if given is None:
        return []
    return list(given) if isinstance(given, list | tuple) else [given]


def _comes_last(callback: Callback) -> bool:
    """Whether a callback keeps a checkpoint to go on from, which is to know what the others have found to be best."""
    return isinstance(callback, ModelCheckpoint) and (callback.monitor is None or bool(callback.save_last))
