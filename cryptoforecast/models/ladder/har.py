"""A heterogeneous autoregression of the range (Corsi 2009, J. Financial Econometrics 7(2), 174-196)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from cryptoforecast.data.bars import Bars
from cryptoforecast.errors import UserError
from cryptoforecast.models.ladder.changes import changes_ahead, step_changes, trained_ahead
from cryptoforecast.models.ladder.likelihood import StudentTScale, fit_student_t, t_log_density
from cryptoforecast.models.ladder.rung import CannotFit, Rung, TParameters

SPANS = (1, 5, 22, 60)  # bars: of a daily series the day, a week of trading, a month, a quarter
FEWEST_CHANGES = 100
LEAST_SIZE = 0.1  # of a bar, over the median: the log of a bar that stands still would be infinite
RANGE, CHANGE = "range", "change"  # how the size of a bar is measured
KINDS = (RANGE, CHANGE)


class HarRung(Rung):
    """Student-t distributions whose log scale is linear in log sizes of bars: the last, and means over 5, 22 and 60.

    The size of a bar is its log range, ``log(High / Low)``, or the absolute log change where a series has no High and
    Low. All series of the same kind are taken together. Each step has seven numbers of its own, found by maximum
    likelihood: four slopes, the intercept, the location and the degrees of freedom.
    """

    states = 1 + len(SPANS)  # the number of the kind, and the mean log sizes

    def __init__(self) -> None:
        self._least: dict[str, float] = {}  # size of a bar, by kind
        self._usual: dict[str, float] = {}  # log size of a bar, where there is none yet
        self._steps: dict[str, list[StudentTScale]] = {}

    def fit(self, bars: Sequence[Bars], horizon: int) -> None:
        """Find the seven numbers of each step."""
        self._least, self._usual, self._steps = {}, {}, {}
        for kind in KINDS:
            members = [series for series in bars if _kind(series) == kind]
            if members:
                self._fit_sizes(members, kind)
                self._steps[kind] = [self._fit_step(members, steps) for steps in range(1, horizon + 1)]

    def learned(self) -> dict[str, Any]:
        """The numbers of each step, by kind of size."""
        steps = {kind: [list(step) for step in fitted] for kind, fitted in self._steps.items()}
        return {"least": self._least, "usual": self._usual, "steps": steps}

    def restore(self, learned: dict[str, Any]) -> None:
        """Take up what was learned."""
        self._least, self._usual = dict(learned["least"]), dict(learned["usual"])
        self._steps = {kind: [StudentTScale(*step) for step in steps] for kind, steps in learned["steps"].items()}

    def follow(self, bars: Bars) -> Float64[np.ndarray, "time states"]:
        """The kind of size, and the mean log sizes of the last 1, 5, 22 and 60 bars, or of those that there are."""
        kind = _kind(bars)
        if kind not in self._least:
            has, fitted = ("no High and Low", "with") if kind == CHANGE else ("High and Low", "without")
            raise UserError(f"{bars.symbol} has {has}, and Har was fitted on series {fitted} them; fit it anew.")
        sizes = _sizes(bars)
        known = np.isfinite(sizes)
        logs = np.where(known, np.log(np.maximum(np.where(known, sizes, 1.0), self._least[kind])), 0.0)
        means = [_trailing_mean(logs, known, span, self._usual[kind]) for span in SPANS]
        return np.column_stack([np.full(len(logs), float(KINDS.index(kind))), *means])

    def t_parameters(self, state: Float64[Tensor, "batch states"]) -> TParameters:
        """The distributions themselves."""
        location, freedom, log_scale = self._parameters(state.detach().cpu().numpy())
        parts = (location, np.exp(log_scale), freedom)
        return TParameters(*(torch.as_tensor(part, dtype=state.dtype, device=state.device) for part in parts))

    def quantiles(
        self, state: Float64[np.ndarray, "batch states"], levels: Sequence[float]
    ) -> Float64[np.ndarray, "batch horizon levels"]:
        """Quantiles of Student-t distributions."""
        from scipy.special import stdtrit

        location, freedom, log_scale = self._parameters(state)
        distinct, inverse = np.unique(freedom, return_inverse=True)  # SciPy's inverse is slow
        standard = stdtrit(distinct[:, None], np.asarray(levels))[inverse.reshape(freedom.shape)]
        quantiles: np.ndarray = location[..., None] + np.exp(log_scale)[..., None] * standard
        return quantiles

    def cdf(
        self, state: Float64[np.ndarray, "batch states"], change: Float64[np.ndarray, "batch horizon"]
    ) -> Float64[np.ndarray, "batch horizon"]:
        """The probability of a smaller value under Student-t distributions."""
        from scipy.special import stdtr

        location, freedom, log_scale = self._parameters(state)
        probability: np.ndarray = stdtr(freedom, (change - location) * np.exp(-log_scale))
        return probability

    def log_density(
        self, state: Float64[np.ndarray, "batch states"], change: Float64[np.ndarray, "batch horizon"]
    ) -> Float64[np.ndarray, "batch horizon"]:
        """The log density of Student-t distributions."""
        location, freedom, log_scale = self._parameters(state)
        return t_log_density(change, location, log_scale, freedom)

    def _fit_sizes(self, bars: Sequence[Bars], kind: str) -> None:
        sizes = np.concatenate([_sizes(series)[series.trained] for series in bars])
        sizes = sizes[np.isfinite(sizes) & (sizes > 0)]
        if len(sizes) < FEWEST_CHANGES:
            raise CannotFit(f"there are {len(sizes)} training bars that move, and it takes {FEWEST_CHANGES}")
        self._least[kind] = LEAST_SIZE * float(np.median(sizes))
        self._usual[kind] = float(np.log(np.maximum(sizes, self._least[kind])).mean())

    def _fit_step(self, bars: Sequence[Bars], steps: int) -> StudentTScale:
        changes, features = [], []
        for series in bars:
            ahead = changes_ahead(series, steps)
            chosen = trained_ahead(series, steps) & np.isfinite(ahead)
            changes.append(ahead[chosen])
            features.append(self.follow(series)[chosen, 1:])
        values = np.concatenate(changes)
        if len(values) < FEWEST_CHANGES:
            raise CannotFit(f"there are {len(values)} training changes of {steps} steps, and it takes {FEWEST_CHANGES}")
        return fit_student_t(values, np.concatenate(features))

    def _parameters(self, state: Float64[np.ndarray, "batch states"]) -> list[Float64[np.ndarray, "batch horizon"]]:
        """Location, degrees of freedom and log scale of each step."""
        if len(self._steps) == 1:  # with each batch of training, so without the masks
            (kind,) = self._steps
            return self._parameters_of_kind(kind, state)
        horizon = len(next(iter(self._steps.values())))
        parts = [np.empty((len(state), horizon)) for _ in range(3)]
        for kind in self._steps:
            members = state[:, 0] == KINDS.index(kind)
            for part, of_kind in zip(parts, self._parameters_of_kind(kind, state[members]), strict=True):
                part[members] = of_kind
        return parts

    def _parameters_of_kind(
        self, kind: str, state: Float64[np.ndarray, "batch states"]
    ) -> list[Float64[np.ndarray, "batch horizon"]]:
        location, freedom, log_scale = (np.empty((len(state), len(self._steps[kind]))) for _ in range(3))
        for at, step in enumerate(self._steps[kind]):
            location[:, at], freedom[:, at] = step.location, step.freedom
            log_scale[:, at] = step.log_scale(state[:, 1:])
        return [location, freedom, log_scale]


def _kind(bars: Bars) -> str:
    return CHANGE if bars.highs is None or bars.lows is None else RANGE


def _sizes(bars: Bars) -> Float64[np.ndarray, " time"]:
    """The log range of each bar, or its absolute log change; NaN where there is none."""
    measured = step_changes(bars) if bars.highs is None or bars.lows is None else np.log(bars.highs / bars.lows)
    sizes: np.ndarray = np.abs(measured)
    return sizes


def _trailing_mean(
    values: Float64[np.ndarray, " time"], known: np.ndarray, span: int, otherwise: float
) -> Float64[np.ndarray, " time"]:
    """The mean of the known values among the last ``span`` ones at each time; ``otherwise`` where there are none."""
    total, count = (_trailing_sum(part, span) for part in (values, known.astype(float)))
    return np.where(count > 0, total / np.maximum(count, 1.0), otherwise)


def _trailing_sum(values: Float64[np.ndarray, " time"], span: int) -> Float64[np.ndarray, " time"]:
    """Sums over a moving window: each is of its own values alone, so that no rounding of earlier ones is in it."""
    padded = np.concatenate([np.zeros(span - 1), values])
    sums: np.ndarray = np.lib.stride_tricks.sliding_window_view(padded, span).sum(axis=1)
    return sums
