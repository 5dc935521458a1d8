"""A checkpoint as a typed argument of a variant: what was trained elsewhere, and on closes up to when."""

import os
from pathlib import Path

import pandas as pd
from jsonargparse.typing import register_type

from cryptoforecast.models.checkpoints.file import read_checkpoint
from cryptoforecast.models.checkpoints.load import load_forecaster
from cryptoforecast.models.checkpoints.prior_training import Split
from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.user_folders import expand_home


class Trained(os.PathLike[str]):
    """The path of a checkpoint of this package, as an argument of a variant that uses its model or its weights.

    The argument stands in the record of the variant and is given on the command line as the path. Targets that the
    checkpoint was fitted or selected on are shown and never claimed, in test, validate, backtest and compare, and the
    audit refuses. The file is read again whenever the variant is made, also from a checkpoint of its own.

    Args:
        path: the file.

    >>> class Ensemble(Forecaster):
    ...     def __init__(self, members: list[Trained], **kwargs):
    ...         super().__init__(**kwargs)
    ...         self.members = [member.load() for member in members]
    >>> Trained("no.ckpt").load()
    Traceback (most recent call last):
    cryptoforecast.errors.UserError: no.ckpt: no such checkpoint; ckpt_path names a file that fit has written.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        if not isinstance(path, str | os.PathLike):
            raise TypeError(f"{path!r} is no path of a checkpoint")
        self.path = Path(os.fspath(path))

    def load(self) -> Forecaster:
        """A new copy of the model, in evaluation mode, on the CPU, its weights without gradients.

        Raises:
            UserError: if there is no such checkpoint, or its class cannot be found.
        """
        return load_forecaster(self.path).requires_grad_(False)

    @property
    def fitted_until(self) -> pd.Timestamp | None:
        """The last close that the weights were fitted on; None if that is not known."""
        return self._until("val")

    @property
    def selected_until(self) -> pd.Timestamp | None:
        """The last close that the weights were fitted or selected on; None if that is not known."""
        return self._until("test")

    def _until(self, split: Split) -> pd.Timestamp | None:
        times = [training.until(split) for training in read_checkpoint(expand_home(self.path)).trained]
        known = [time for time in times if time is not None]
        return max(known) if len(known) == len(times) else None

    def __fspath__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        return f"Trained({str(self.path)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Trained) and other.path == self.path

    def __hash__(self) -> int:
        return hash(self.path)


register_type(Trained, serializer=os.fspath, deserializer=Trained)  # a path on the command line and in checkpoints
