"""The rung of the ladder that a head stands on."""

import warnings
from collections.abc import Sequence
from typing import Any, Literal

from torch import nn

from cryptoforecast.data.bars import Bars
from cryptoforecast.errors import DataNotice, UserError
from cryptoforecast.models.ladder.rung import CannotFit, Rung
from cryptoforecast.models.ladder.rungs import RUNGS

RelativeTo = Literal["Har", "Garch", "Ewma", "none"]
BELOW = {"Har": "Ewma", "Garch": "Ewma"}  # what a head stands on where a rung cannot be fitted


class Base(nn.Module):
    """The rung that a head stands on: the one asked for or, where it cannot be fitted, the one below it.

    Args:
        relative_to: its name.
    """

    def __init__(self, relative_to: str) -> None:
        super().__init__()
        if relative_to not in RUNGS:
            raise UserError(f"model.head.relative_to is {relative_to!r}; it is one of {', '.join(RUNGS)}, none.")
        self.name = relative_to
        self.rung: Rung = RUNGS[relative_to]()

    def fit(self, bars: Sequence[Bars], horizon: int) -> None:
        """Fit the rung to the training bars of all series.

        Raises:
            CannotFit: if no rung can be fitted.
        """
        try:
            self.rung.fit(bars, horizon)
        except CannotFit as problem:
            if self.name not in BELOW:
                raise
            below = BELOW[self.name]
            warnings.warn(f"{self.name}: {problem}; the head stands on {below} instead.", DataNotice, stacklevel=2)
            self.name, self.rung = below, RUNGS[below]()
            self.fit(bars, horizon)

    def get_extra_state(self) -> dict[str, Any]:
        """The rung and what it has learned, for the checkpoint."""
        return {"rung": self.name, "learned": self.rung.learned()}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Restore the rung from a checkpoint."""
        self.name = state["rung"]
        self.rung = RUNGS[self.name]()
        self.rung.restore(state["learned"])
