"""Options of a trainer whose fits can be resumed from a checkpoint to the same bits."""

from typing import Any

from lightning.pytorch import Callback
from lightning.pytorch.callbacks import ModelCheckpoint

from cryptoforecast.training.checkpoint_io import AtomicCheckpointIO
from cryptoforecast.training.finite_loss import FiniteLoss
from cryptoforecast.training.lightning.resumption import Resumption
from cryptoforecast.training.seeding import SeedEachBatch

EXACT_CALLBACKS = (FiniteLoss, SeedEachBatch, Resumption)  # in the order in which they are called


def exact(**options: Any) -> dict[str, Any]:
    """Options for Lightning's ``Trainer`` with which a resumed fit ends with the same bits as an uninterrupted one.

    They are the given options with three callbacks more, which seed each batch, write into each checkpoint what
    resuming needs, and end training where a loss is not finite; and with a plugin that writes checkpoints atomically
    and reads them without running code. ``fit`` uses the same.

    Call ``lightning.pytorch.seed_everything`` before the model is created; checkpoints hold the seed.

    Args:
        options: any of ``Trainer``'s; ``callbacks`` and ``plugins`` are added to.

    Returns:
        What to give to ``Trainer``.

    >>> trainer = Trainer(**exact(max_epochs=3, callbacks=[ModelCheckpoint(filename="last")]))  # doctest: +SKIP
    >>> trainer.fit(model, data, ckpt_path="last.ckpt")  # doctest: +SKIP
    """
    given: list[Callback] = sorted(as_list(options.get("callbacks")), key=_saves_last_state)
    missing = [kind() for kind in EXACT_CALLBACKS if not any(type(callback) is kind for callback in given)]
    plugins = as_list(options.get("plugins"))
    if not any(isinstance(plugin, AtomicCheckpointIO) for plugin in plugins):
        plugins.append(AtomicCheckpointIO())
    return {**options, "callbacks": [*missing, *given], "plugins": plugins}


def as_list(given: Any) -> list[Any]:
    """Callbacks or plugins as a list; ``Trainer`` also takes a single one, or None."""
    if given is None:
        return []
    return list(given) if isinstance(given, list | tuple) else [given]


def _saves_last_state(callback: Callback) -> bool:
    """Sort key: callbacks that save the latest state run after monitored ones, so that it has their best paths."""
    return isinstance(callback, ModelCheckpoint) and (callback.monitor is None or bool(callback.save_last))
