"""Which closes a checkpoint was trained on, and whether scores on given targets are out of sample for it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pandas as pd

from cryptoforecast.data.times import say_time, to_utc

Split = Literal["val", "test"]
SPLITS: tuple[Split, ...] = ("val", "test")
UNKNOWN = "unknown"  # of a model of which nobody says until when it has seen closes


class PriorTraining(NamedTuple):
    """A checkpoint or pretrained weights that a model uses, and the last closes that those depend on.

    ``fitted_until`` is the time of the last close that the weights were fitted on, ``selected_until`` that of the last
    validation close that they were selected on: ISO 8601, UTC; None where the checkpoint does not record its closes.
    """

    path: str
    fitted_until: str | None
    selected_until: str | None

    def until(self, split: Split) -> pd.Timestamp | None:
        """The last close that scores on ``split`` depend on; None if unknown.

        Validation targets must be later than the closes of fitting, test targets also later than those of selection.
        """
        time = self.selected_until if split == "test" else self.fitted_until
        return None if time is None else pd.Timestamp(time)


def prior_training_in(path: str | Path, record: dict[str, Any]) -> list[PriorTraining]:
    """The training that a checkpoint's record describes, followed by that of the checkpoints it was made from."""
    data = record.get("data") or {}
    trained = [PriorTraining(str(path), data.get("fitted_until"), data.get("selected_until"))]
    return [*trained, *(PriorTraining(**before) for before in record.get("trained_before", []))]


def pretraining(name: str, knows_until: str) -> PriorTraining:
    """The training of a pretrained model, on closes that nobody lists.

    Args:
        name: of the model.
        knows_until: the day, or the time in ISO 8601, up to which it may have seen closes, or ``unknown``.

    Raises:
        UserError: if it is neither.

    >>> pretraining("Kronos", "2024-06-30")[1:]
    ('2024-06-30T23:59:59+00:00', '2024-06-30T23:59:59+00:00')
    """
    if knows_until == UNKNOWN:
        return PriorTraining(f"the pretrained {name}", None, None)
    time = to_utc(knows_until, f"knows_until of {name}")
    if time == time.normalize() and len(knows_until) <= len("2024-06-30"):
        time += pd.Timedelta(hours=23, minutes=59, seconds=59)
    return PriorTraining(f"the pretrained {name}", time.isoformat(), time.isoformat())


def why_targets_seen(trained: Sequence[PriorTraining], first: pd.Timestamp, split: Split) -> str:
    """Why scores on some targets flatter a model, as half a sentence; empty if all training ended before them.

    Args:
        trained: every checkpoint whose weights the model uses.
        first: time of the first target.
        split: which targets these are.
    """
    if unknown := [training.path for training in trained if training.until(split) is None]:
        return f"{unknown[0]} does not say on which closes it was trained"
    latest = max(trained, key=lambda training: training.until(split) or first, default=None)
    until = None if latest is None else latest.until(split)
    if latest is None or until is None or first > until:
        return ""
    return (
        f"the first of these targets is {say_time(first)}, and {latest.path} has been fitted or chosen on closes up to "
        f"{say_time(until)}"
    )
