"""The counters of Lightning's loops, as a checkpoint holds them."""

from collections.abc import Mapping
from typing import Any

from lightning.pytorch import Trainer


def fit_loop_state(checkpoint: Mapping[str, Any]) -> dict[str, Any]:
    """The state of the fit loop in the content of a checkpoint."""
    state: dict[str, Any] = checkpoint["loops"]["fit_loop"]
    return state


def num_epochs_trained(loops: Mapping[str, Any]) -> int:
    """The number of finished epochs in the state of a fit loop."""
    return int(loops["epoch_progress"]["current"]["processed"])


def loader_states(loops: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The states of the training loaders in the state of a fit loop."""
    states: list[dict[str, Any]] = loops["state_dict"].get("combined_loader", [])
    return states


def is_mid_epoch(loops: Mapping[str, Any]) -> bool:
    """Whether the state of a fit loop was saved between two batches of an epoch."""
    begun = loops["epoch_loop.batch_progress"]["current"]["processed"] > 0
    return begun and not is_between_epochs(loops["epoch_progress"]["current"])


def is_between_epochs(progress: Mapping[str, int]) -> bool:
    """Whether the epochs that have started, by their counters, are finished."""
    return progress["started"] == progress["processed"]


def validation_follows(trainer: Trainer) -> bool:
    """Whether a validation follows the batch that a trainer is at."""
    return bool(trainer.fit_loop.epoch_loop._should_check_val_fx(trainer.fit_loop._data_fetcher))  # type: ignore[arg-type]


def round_counters(trainer: Trainer, loops: dict[str, Any]) -> bool:
    """Rewrite the counters that are saved so that resuming starts at the next whole batch, or the next epoch.

    Args:
        trainer: its loops are where the counters were taken.
        loops: the state of the fit loop, changed in place.

    Returns:
        Whether a validation must run first.
    """
    epoch, batch = loops["epoch_progress"], loops["epoch_loop.batch_progress"]
    validation = loops["epoch_loop.val_loop.batch_progress"]
    batches = trainer.fit_loop.epoch_loop
    place = batch["current"]["processed"]
    if is_between_epochs(epoch["current"]):  # the epoch is finished, but not yet counted as completed
        _complete(epoch)
        batch["current"] = dict.fromkeys(batch["current"], 0)
        batch["is_last_batch"], validation["total"] = False, dict.fromkeys(validation["total"], 0)
        place, due = 0, False
    else:
        after_batch = batch["current"]["completed"] < place  # nothing that follows the batch has begun
        interrupted = validation["total"]["completed"] < validation["total"]["ready"]
        due = interrupted or (after_batch and validation_follows(trainer))
        if after_batch and not due and not batches._should_accumulate():
            loops["epoch_loop.state_dict"]["_batches_that_stepped"] += 1
    _complete(batch)
    _complete(validation)
    validation["current"] = dict.fromkeys(validation["current"], 0)
    for state in loader_states(loops):
        state["place"] = place
    return bool(due)


def _complete(progress: dict[str, Any]) -> None:
    """Set all counters of a progress to the count of what was processed."""
    for part in ("total", "current"):
        progress[part] = dict.fromkeys(progress[part], progress[part]["processed"])
