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
NONE = "none"


def base_of(relative_to: str) -> "Base | None":
    """The rung that a head's argument names; None for ``none``."""
    return None if relative_to == NONE else Base(relative_to)


class Base(nn.Module):
    """The rung that a head stands on: the one asked for or, where it cannot be fitted, the one below it.

    Args:
        relative_to: its name.
        fallback: whether the rung below takes its place where it cannot be fitted.

    Attributes:
        fitted: whether it has been fitted, or restored from a checkpoint.
    """

    def __init__(self, relative_to: str, fallback: bool = True) -> None:
        super().__init__()
        self.fallback, self.fitted = fallback, False
        if relative_to not in RUNGS:
            raise UserError(f"model.head.relative_to is {relative_to!r}; it is one of {', '.join(RUNGS)}, {NONE}.")
        self.asked = relative_to
        self.name = relative_to  # of the rung that could be fitted
        self.rung: Rung = RUNGS[relative_to]()

    def fit(self, bars: Sequence[Bars], horizon: int) -> None:
        """Fit the rung to the training bars of all series.

        Raises:
            UserError: if neither the rung nor one below it can be fitted.
        """
        self.name, left_out = self.asked, []
        while True:
            self.rung = RUNGS[self.name]()
            try:
                self.rung.fit(bars, horizon)
            except CannotFit as problem:
                left_out.append(f"{self.name} cannot be fitted: {problem}")
                if not self.fallback:
                    raise UserError(f"{left_out[0]}.") from None
                if self.name not in BELOW:
                    raise UserError(
                        f"{'; '.join(left_out)}; train on more closes, or set model.head.relative_to to {NONE}."
                    ) from None
                self.name = BELOW[self.name]
            else:
                break
        self.fitted = True
        if left_out:
            notice = f"{'; '.join(left_out)}; the head stands on {self.name} instead."
            warnings.warn(notice, DataNotice, stacklevel=2)

    def get_extra_state(self) -> dict[str, Any]:
        """The rung and what it has learned, for the checkpoint."""
        return {"rung": self.name, "learned": self.rung.learned()}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Restore the rung from a checkpoint.

        Raises:
            UserError: if there is no such rung.
        """
        if state["rung"] not in RUNGS:
            raise UserError(f"the checkpoint's head stands on {state['rung']}; there are {', '.join(RUNGS)}.")
        self.name = state["rung"]
        self.rung = RUNGS[self.name]()
        self.rung.restore(state["learned"])
        self.fitted = True
