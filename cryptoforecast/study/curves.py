"""The curves of a fit that is a trial of a search: kept by epoch, told to the search, and the value of the trial."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from cryptoforecast.atomic import write_atomically
from cryptoforecast.errors import UserError
from cryptoforecast.formatting import join_names

VALUES = "values.json"
GoesOn = Callable[[dict[int, float]], bool]  # is told the values by epoch so far, and says whether the fit goes on


class KeptCurves(Callback):
    """Keeps what each validation has logged, also over an interruption, and ends a fit that is not to go on.

    Args:
        objective: the curve that the search follows.
        goes_on: asked after each validation; by default nobody is.
    """

    def __init__(self, objective: str, goes_on: GoesOn | None = None) -> None:
        self.objective, self._goes_on = objective, goes_on
        self.curves: dict[int, dict[str, float]] = {}
        self.pruned = False

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Keep what is known after a validation; it is asked before the checkpoint of this epoch is written."""
        if trainer.sanity_checking:
            return
        logged = {name: float(value) for name, value in trainer.callback_metrics.items() if value.numel() == 1}
        self.curves[trainer.current_epoch] = logged
        known = {epoch: curve[self.objective] for epoch, curve in self.curves.items() if self.objective in curve}
        if self._goes_on is not None and known and not self._goes_on(known):
            self.pruned = trainer.should_stop = True

    def state_dict(self) -> dict[str, Any]:
        """The curves so far, for the checkpoint."""
        return {"curves": {str(epoch): dict(curve) for epoch, curve in self.curves.items()}}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take the curves up to the checkpoint."""
        self.curves = {int(epoch): dict(curve) for epoch, curve in state_dict["curves"].items()}

    def write(self, folder: Path, kept_epoch: int | None) -> None:
        """Write curves and value into the folder of the fit.

        Args:
            folder: of the fit.
            kept_epoch: the epoch of the checkpoint that was kept as the best; None for the last one.

        Raises:
            UserError: if the objective was never logged.
        """
        known = {epoch: curve[self.objective] for epoch, curve in self.curves.items() if self.objective in curve}
        if not known:
            names = sorted({name for curve in self.curves.values() for name in curve if name.startswith("val/")})
            raise UserError(f"objective {self.objective} was never logged; there are {join_names(names)}.")
        epoch = kept_epoch if kept_epoch in known else max(known)
        record = {"objective": self.objective, "value": known[epoch], "epoch": epoch, "pruned": self.pruned,
                  "curves": self.curves}  # fmt: skip
        write_atomically(folder / VALUES, lambda file: file.write((json.dumps(record, indent=1) + "\n").encode()))
