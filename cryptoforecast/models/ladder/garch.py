"""GJR-GARCH with Student-t shocks (Glosten, Jagannathan and Runkle 1993, J. Finance 48(5), 1779-1801)."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from cryptoforecast.data.bars import Bars
from cryptoforecast.models.ladder.changes import step_changes
from cryptoforecast.models.ladder.garch_paths import GarchNumbers, PathQuantiles
from cryptoforecast.models.ladder.likelihood import t_log_density
from cryptoforecast.models.ladder.rung import CannotFit, Rung, TParameters, unknown_series

FEWEST_CHANGES = 100
LEAST_FREEDOM = 2.051  # arch's search ends at 2.05 where closes stand still and the likelihood has no maximum
LEAST_VARIANCE = 1e-6  # over the smallest of training: where closes stand still for long, none is zero
STARTS = (None, (0.05, 0.05, 0.05, 0.85, 5.0))  # arch's own; then usual values, over the variance


class GarchRung(Rung):
    """Student-t distributions whose variance is a GJR-GARCH(1,1) process, fitted for each series by ``arch``.

    The variance of the next change is ``omega + (alpha + gamma [fall]) change² + beta variance``. The distribution of
    the next change is exact; those of more steps are found by simulation with a fixed seed.
    """

    states = 2  # the number of the series, and the variance of the next change

    def __init__(self) -> None:
        self._horizon = 1
        self._numbers: dict[str, GarchNumbers] = {}
        self._paths: dict[str, PathQuantiles] = {}

    def fit(self, bars: Sequence[Bars], horizon: int) -> None:
        """Fit the process of each series to its training changes."""
        self._horizon, self._paths = horizon, {}
        self._numbers = {series.symbol: _fitted(series) for series in bars}

    def learned(self) -> dict[str, Any]:
        """The horizon, and the numbers of each series."""
        numbers = {symbol: dict(fitted._asdict()) for symbol, fitted in self._numbers.items()}
        return {"horizon": self._horizon, "numbers": numbers}

    def restore(self, learned: dict[str, Any]) -> None:
        """Take up the numbers."""
        self._horizon, self._paths = learned["horizon"], {}
        self._numbers = {symbol: GarchNumbers(**numbers) for symbol, numbers in learned["numbers"].items()}

    def follow(self, bars: Bars) -> Float64[np.ndarray, "time states"]:
        """The number of the series, and the variance of the change after each bar; a gap leaves it as it is."""
        if bars.symbol not in self._numbers:
            raise unknown_series("Garch", bars.symbol, self._numbers)
        variances = _filtered(step_changes(bars), self._numbers[bars.symbol])
        number = float(list(self._numbers).index(bars.symbol))
        return np.column_stack([np.full(len(variances), number), variances])

    def t_parameters(self, state: Float64[Tensor, "batch states"]) -> TParameters:
        """Student-t distributions with the shocks' degrees of freedom and the expected variance of each step's change.

        That of the next change is exact.
        """
        values = state.detach().cpu().numpy()
        scale, freedom = np.empty((2, len(values), self._horizon))
        for number, numbers in enumerate(self._numbers.values()):
            members = values[:, 0] == number
            expected = total = values[members, 1]
            freedom[members] = numbers.freedom
            for step in range(self._horizon):
                scale[members, step] = numbers.unit * np.sqrt(total)
                expected = numbers.omega + numbers.persistence * expected
                total = total + expected
        parts = (np.zeros_like(scale), scale, freedom)
        return TParameters(*(torch.as_tensor(part, dtype=state.dtype, device=state.device) for part in parts))

    def quantiles(
        self, state: Float64[np.ndarray, "batch states"], levels: Sequence[float]
    ) -> Float64[np.ndarray, "batch horizon levels"]:
        """Quantiles of Student's t for the next change, and of simulated paths for the others."""
        from scipy.special import stdtrit

        quantiles = np.empty((len(state), self._horizon, len(levels)))
        for number, (symbol, numbers) in enumerate(self._numbers.items()):
            members = state[:, 0] == number
            variance = state[members, 1]
            if self._horizon > 1 and members.any():
                quantiles[members] = self._paths_of(symbol).quantiles(variance, levels)
            standard = numbers.unit * stdtrit(numbers.freedom, np.asarray(levels))
            quantiles[members, 0] = np.sqrt(variance)[:, None] * standard
        return quantiles

    def cdf(
        self, state: Float64[np.ndarray, "batch states"], change: Float64[np.ndarray, "batch horizon"]
    ) -> Float64[np.ndarray, "batch horizon"]:
        """The probability of a smaller value, by Student's t for the next change and by paths for the others."""
        from scipy.special import stdtr

        probability = np.empty_like(change)
        for number, (symbol, numbers) in enumerate(self._numbers.items()):
            members = state[:, 0] == number
            variance = state[members, 1]
            if self._horizon > 1 and members.any():
                probability[members] = self._paths_of(symbol).cdf(variance, change[members])
            residual = change[members, 0] / (numbers.unit * np.sqrt(variance))
            probability[members, 0] = stdtr(numbers.freedom, residual)
        return probability

    def log_density(
        self, state: Float64[np.ndarray, "batch states"], change: Float64[np.ndarray, "batch horizon"]
    ) -> Float64[np.ndarray, "batch horizon"]:
        """The log density of the next change; NaN beyond, where the distribution is known by paths alone."""
        density = np.full_like(change, np.nan)
        scale, freedom = (part.numpy()[:, 0] for part in self.t_parameters(torch.from_numpy(state))[1:])
        density[:, 0] = t_log_density(change[:, 0], np.zeros_like(scale), np.log(scale), freedom)
        return density

    def _paths_of(self, symbol: str) -> PathQuantiles:
        """Simulated when they are first asked for, with the same seed each time."""
        if symbol not in self._paths:
            self._paths[symbol] = PathQuantiles(self._numbers[symbol], self._horizon)
        return self._paths[symbol]


def _fitted(bars: Bars) -> GarchNumbers:
    """The numbers of the highest likelihood.

    Changes are divided by their deviation for ``arch``, whose search is made for numbers of about that size.
    """
    changes = step_changes(bars)[bars.trained]
    changes = changes[np.isfinite(changes)]
    if np.count_nonzero(changes) < FEWEST_CHANGES:
        found = np.count_nonzero(changes)
        raise CannotFit(f"{bars.symbol} has {found} training changes that are not zero, and it takes {FEWEST_CHANGES}")
    unit = float(changes.std())
    omega, alpha, gamma, beta, freedom = _search(changes / unit, bars.symbol)
    weights = 0.94 ** np.arange(min(75, len(changes)))  # as arch starts the variance
    before = float(np.average(np.square(changes[: len(weights)]), weights=weights))
    start = omega * unit**2 + (alpha + gamma / 2 + beta) * before
    numbers = GarchNumbers(omega * unit**2, alpha, gamma, beta, freedom, start, start, start)
    variances = _filtered(changes, numbers)
    return numbers._replace(least=float(variances.min()), most=float(variances.max()))


def _search(changes: Float64[np.ndarray, " changes"], symbol: str) -> list[float]:
    """The parameters that ``arch`` finds for changes with a deviation of one.

    Raises:
        CannotFit: if its search converges from no start.
    """
    from arch import arch_model

    model = arch_model(changes, mean="Zero", vol="GARCH", p=1, o=1, q=1, dist="t", rescale=False)
    for start in STARTS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                found = model.fit(disp="off", show_warning=False, starting_values=start and np.array(start))
            except (ValueError, ArithmeticError, np.linalg.LinAlgError):
                continue
        numbers: list[float] = np.asarray(found.params, dtype=float).tolist()
        usable = np.isfinite(numbers).all() and numbers[0] > 0 and numbers[-1] > LEAST_FREEDOM
        if found.convergence_flag == 0 and usable:
            return numbers
    raise CannotFit(f"arch's search for the highest likelihood does not converge for {symbol}")


def _filtered(changes: Float64[np.ndarray, " time"], numbers: GarchNumbers) -> Float64[np.ndarray, " time"]:
    """The variance of the change after each one; NaN for a change is a gap."""
    omega, alpha, gamma, beta = numbers[:4]
    variance, least = numbers.start, LEAST_VARIANCE * numbers.least
    variances = np.empty(len(changes))
    for at, change in enumerate(changes.tolist()):
        if change == change:
            variance = omega + (alpha + gamma * (change < 0)) * change**2 + beta * variance
            variance = max(variance, least)
        variances[at] = variance
    return variances
