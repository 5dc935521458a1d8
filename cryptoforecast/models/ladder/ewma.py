"""Exponentially weighted moving variance, as RiskMetrics has it (J.P. Morgan/Reuters, Technical Document, 1996)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from cryptoforecast.data.bars import Bars
from cryptoforecast.models.ladder.changes import Empirical, changes_ahead, step_changes, trained_ahead
from cryptoforecast.models.ladder.likelihood import fit_student_t
from cryptoforecast.models.ladder.rung import CannotFit, Rung, TParameters

DECAY = 0.94
FEWEST_CHANGES = 20
LEAST_VARIANCE = 1e-6  # over the training changes': where closes stand still for long, none is zero


class EwmaRung(Rung):
    """Changes over a moving deviation are the same everywhere: their training quantiles, times the last deviation.

    The deviation of several steps is the last one times the root of their count. Residuals of all series are taken
    together.
    """

    states = 1  # the variance of the next change

    def __init__(self) -> None:
        self._start = 0.0  # variance before the first change
        self._residuals: list[Empirical] = []  # by step
        self._student_t: list[list[float]] = []  # by step: location, scale and degrees of freedom of the residuals

    def fit(self, bars: Sequence[Bars], horizon: int) -> None:
        """Take the training changes over their deviations, by step."""
        squares = np.concatenate([np.square(step_changes(series)[series.trained]) for series in bars])
        squares = squares[np.isfinite(squares)]
        if len(squares) < FEWEST_CHANGES or not squares.any():
            raise CannotFit(f"there are {np.count_nonzero(squares)} training changes")
        self._start = float(squares.mean())
        self._residuals, self._student_t = [], []
        for steps in range(1, horizon + 1):
            residuals = np.concatenate([self._residuals_of(series, steps) for series in bars])
            if len(residuals) < FEWEST_CHANGES:
                raise CannotFit(f"there are {len(residuals)} training changes of {steps} steps")
            fitted = fit_student_t(residuals, np.empty((len(residuals), 0)))
            self._residuals.append(Empirical.of_values(residuals))
            self._student_t.append([fitted.location, float(np.exp(fitted.intercept)), fitted.freedom])

    def learned(self) -> dict[str, Any]:
        """The start, and the residuals and their Student-t by step."""
        residuals = [step.grid.tolist() for step in self._residuals]
        return {"start": self._start, "residuals": residuals, "student_t": self._student_t}

    def restore(self, learned: dict[str, Any]) -> None:
        """Take up what was learned."""
        self._start, self._student_t = learned["start"], learned["student_t"]
        self._residuals = [Empirical(np.array(grid)) for grid in learned["residuals"]]

    def follow(self, bars: Bars) -> Float64[np.ndarray, "time states"]:
        """The variance after each bar: 0.94 of the one before, and 0.06 of the squared change."""
        variances, variance = np.empty(len(bars.closes)), self._start
        for at, square in enumerate(np.square(step_changes(bars)).tolist()):
            if square == square:  # else there is a gap before this bar
                variance = max(DECAY * variance + (1 - DECAY) * square, LEAST_VARIANCE * self._start)
            variances[at] = variance
        return variances[:, None]

    def t_parameters(self, state: Float64[Tensor, "batch states"]) -> TParameters:
        """Student-t distributions fitted to the residuals, times the deviation."""
        location, scale, freedom = torch.tensor(self._student_t, dtype=state.dtype, device=state.device).unbind(1)
        steps = torch.arange(1, len(freedom) + 1, dtype=state.dtype, device=state.device)
        deviations = (state * steps).sqrt()
        return TParameters(deviations * location, deviations * scale, freedom.expand_as(deviations))

    def quantiles(
        self, state: Float64[np.ndarray, "batch states"], levels: Sequence[float]
    ) -> Float64[np.ndarray, "batch horizon levels"]:
        """Quantiles of the residuals, times the deviation."""
        residuals = np.array([step.quantiles(np.asarray(levels)) for step in self._residuals])
        quantiles: np.ndarray = self._deviations(state)[..., None] * residuals
        return quantiles

    def cdf(
        self, state: Float64[np.ndarray, "batch states"], change: Float64[np.ndarray, "batch horizon"]
    ) -> Float64[np.ndarray, "batch horizon"]:
        """The share of smaller residuals."""
        residuals = change / self._deviations(state)
        columns = [step.cdf(residuals[:, at]) for at, step in enumerate(self._residuals)]
        return np.stack(columns, axis=1)

    def _residuals_of(self, bars: Bars, steps: int) -> Float64[np.ndarray, " residuals"]:
        """Training changes of a series over their deviations."""
        residuals = changes_ahead(bars, steps) / np.sqrt(steps * self.follow(bars)[:, 0])
        trained: np.ndarray = residuals[trained_ahead(bars, steps) & np.isfinite(residuals)]
        return trained

    def _deviations(self, state: Float64[np.ndarray, "batch states"]) -> Float64[np.ndarray, "batch horizon"]:
        deviations: np.ndarray = np.sqrt(state * np.arange(1, len(self._residuals) + 1))
        return deviations
