"""The sorted errors of a point forecast, and the quantiles that n of them allow."""

import math
from typing import Literal, NamedTuple

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from cryptoforecast.errors import UserError
from cryptoforecast.quantiles import LEVELS

Kind = Literal["absolute", "signed"]


class SortedErrors(NamedTuple):
    """The errors of a point forecast by step, ascending.

    Attributes:
        values: one row for each step.
        kind: ``absolute`` for errors without their signs, which stand for both sides of the forecast; or ``signed``.
    """

    values: Float64[Tensor, "horizon errors"]
    kind: Kind

    @classmethod
    def of_errors(cls, errors: Float64[Tensor, "horizon errors"], kind: Kind) -> "SortedErrors":
        """The errors, sorted.

        Raises:
            UserError: if they are too few for the lowest or the highest of the 21 levels.
        """
        require_enough(errors.shape[1], kind)
        return cls((errors.abs() if kind == "absolute" else errors).sort(dim=1).values.cpu(), kind)

    def at(self, level: float) -> Float64[Tensor, " horizon"]:
        """The error at a level: of absolute ones, that of the central interval that ends there."""
        count = self.values.shape[1]
        if self.kind == "absolute":
            share = round(abs(2 * level - 1), 9)
            if share == 0:
                return torch.zeros_like(self.values[:, 0])
            return math.copysign(1.0, level - 0.5) * self.values[:, math.ceil(round(share * (count + 1), 6)) - 1]
        place = round(level * (count + 1), 6)
        below, above = self.values[:, math.floor(place) - 1], self.values[:, math.ceil(place) - 1]
        return (below + above) / 2 if level == 0.5 else below if level < 0.5 else above

    def probabilities(self, errors: Float64[np.ndarray, "batch horizon"]) -> Float64[np.ndarray, "batch horizon"]:
        """The probabilities of smaller errors: linear between those that are known."""
        shares = np.empty_like(errors)
        for step, known in enumerate(self.values.numpy()):
            ranks = np.arange(1, len(known) + 1) / (len(known) + 1)
            highest = 1 - ranks[0] / 2
            if self.kind == "signed":
                shares[:, step] = np.interp(errors[:, step], known, ranks, left=ranks[0] / 2, right=highest)
            else:
                inside = np.interp(np.abs(errors[:, step]), [0.0, *known], [0.0, *ranks], right=highest)
                shares[:, step] = 0.5 + np.sign(errors[:, step]) * inside / 2
        return shares


def require_enough(count: int, kind: Kind) -> None:
    """Refuse a count of errors that does not reach all of the 21 levels.

    Raises:
        UserError: naming the count and the options that help.
    """
    beyond = 1 - LEVELS[-1] if kind == "signed" else 2 * (1 - LEVELS[-1])  # the share of errors beyond the last level
    least = math.ceil(round(1 / beyond, 6)) - 1
    if count >= least:
        return
    highest = count / (count + 1) if kind == "signed" else (1 + count / (count + 1)) / 2
    fewer = ", or model.head.residuals to absolute" if kind == "signed" else ""
    raise UserError(
        f"Conformal has {count} validation errors of a step, enough for levels up to {highest:.3g} (n is {count}), and "
        f"the level {LEVELS[-1]:g} takes {least}: set data.val_from earlier or data.test_from later{fewer}."
    )
