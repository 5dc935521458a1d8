"""The random walk with a constant spread: quantiles of the training changes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from cryptoforecast.data.bars import Bars
from cryptoforecast.models.ladder.changes import Empirical, changes_ahead, trained_ahead
from cryptoforecast.models.ladder.rung import CannotFit, Rung, TParameters, unknown_series

FEWEST_CHANGES = 20


class RandomWalkRung(Rung):
    """The training changes of a series, of one and more steps: the same distribution after every bar."""

    states = 1  # the number of the series

    def __init__(self) -> None:
        self._by_symbol: dict[str, list[Empirical]] = {}  # by step

    def fit(self, bars: Sequence[Bars], horizon: int) -> None:
        """Take the training changes of each series and step."""
        for series in bars:
            self._by_symbol[series.symbol] = []
            for steps in range(1, horizon + 1):
                changes = changes_ahead(series, steps)[trained_ahead(series, steps)]
                changes = changes[np.isfinite(changes)]
                if len(changes) < FEWEST_CHANGES:
                    raise CannotFit(f"{series.symbol} has {len(changes)} training changes of {steps} steps")
                self._by_symbol[series.symbol].append(Empirical.of_values(changes))

    def learned(self) -> dict[str, Any]:
        """The distributions by series and step."""
        return {symbol: [step.grid.tolist() for step in steps] for symbol, steps in self._by_symbol.items()}

    def restore(self, learned: dict[str, Any]) -> None:
        """Take up the distributions."""
        self._by_symbol = {symbol: [Empirical(np.array(grid)) for grid in steps] for symbol, steps in learned.items()}

    def follow(self, bars: Bars) -> Float64[np.ndarray, "time states"]:
        """The number of the series, at every bar."""
        if bars.symbol not in self._by_symbol:
            raise unknown_series("RandomWalk", bars.symbol, self._by_symbol)
        return np.full((len(bars.closes), 1), float(list(self._by_symbol).index(bars.symbol)))

    def t_parameters(self, state: Float64[Tensor, "batch states"]) -> TParameters:
        """Normal distributions with the median and the width of the middle half of the changes."""
        quartiles = self.quantiles(state.cpu().numpy(), (0.25, 0.5, 0.75))
        width = (quartiles[..., 2] - quartiles[..., 0]) / 1.349
        location, scale = (torch.as_tensor(values, device=state.device) for values in (quartiles[..., 1], width))
        return TParameters(location, scale, torch.full_like(scale, torch.inf))

    def quantiles(
        self, state: Float64[np.ndarray, "batch states"], levels: Sequence[float]
    ) -> Float64[np.ndarray, "batch horizon levels"]:
        """Quantiles of the training changes."""
        by_series = [[step.quantiles(np.asarray(levels)) for step in steps] for steps in self._by_symbol.values()]
        quantiles: np.ndarray = np.array(by_series)[state[:, 0].astype(int)]
        return quantiles

    def cdf(
        self, state: Float64[np.ndarray, "batch states"], change: Float64[np.ndarray, "batch horizon"]
    ) -> Float64[np.ndarray, "batch horizon"]:
        """The share of smaller training changes."""
        shares = np.empty_like(change)
        for number, steps in enumerate(self._by_symbol.values()):
            members = state[:, 0] == number
            for at, step in enumerate(steps):
                shares[members, at] = step.cdf(change[members, at])
        return shares
