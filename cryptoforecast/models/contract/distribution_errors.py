"""Scores of a model's distributions on a batch of windows, beside those of the random walk and of Ewma."""

from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from cryptoforecast.data.datamodule import CloseDataModule, datamodule_of
from cryptoforecast.data.windows import Window
from cryptoforecast.models.contract.units import MOST_CHANGE
from cryptoforecast.models.ladder.ladder import fit_ladder, follow_all
from cryptoforecast.quantiles import LEVELS, crps

if TYPE_CHECKING:
    from cryptoforecast.models.forecaster import Forecaster

BESIDE = {"RandomWalk": "crps_random_walk", "Ewma": "crps_ewma"}  # the rungs, and their curves
COUNT = 3 + len(BESIDE)  # of the means of a batch
NAMES = ("crps", *BESIDE.values(), "density_skill", "coverage_90")  # of the curves, without their stage
LOW, HIGH = LEVELS.index(0.05), LEVELS.index(0.95)  # of the interval of 90 %


class LadderScores:
    """The scores of rungs on windows of a data module, whose training bars they are fitted on once.

    Args:
        data: set up.

    Attributes:
        rungs: those that could be fitted, by name.
    """

    def __init__(self, data: CloseDataModule) -> None:
        bars = data.bars()
        self._times, self._extents = data.windows.times.cpu().numpy(), data.windows.extents
        self.rungs = fit_ladder(bars, data.horizon, tuple(BESIDE)).rungs
        self._states = {name: follow_all(rung, bars) for name, rung in self.rungs.items()}
        self._known: dict[tuple[bytes, bytes], list[float]] = {}  # by batch: those of each epoch are the same

    def mean_crps(self, window: Window) -> list[float]:
        """The mean CRPS over a batch in percent of the log change, by rung; NaN for those that could not be fitted."""
        batch = window.origin.cpu().numpy().tobytes(), window.series.cpu().numpy().tobytes()
        if batch not in self._known:
            change = (window.target / window.context[:, -1:, 0]).log().double().cpu().numpy()
            rows = self._origins(window)
            self._known[batch] = [self._mean_crps(name, rows, change) for name in BESIDE]
        return self._known[batch]

    def _mean_crps(self, name: str, rows: np.ndarray, change: np.ndarray) -> float:
        if name not in self.rungs:
            return np.nan
        quantiles = self.rungs[name].quantiles(self._states[name][rows], LEVELS)
        return float(100 * crps(quantiles, change).mean())

    def _origins(self, window: Window) -> np.ndarray:
        """The row of the last bar that each window shows."""
        origin, series = window.origin.cpu().numpy(), window.series.cpu().numpy()
        rows = np.empty(len(origin), dtype=np.int64)
        for number, (begin, end) in enumerate(self._extents):
            members = series == number
            rows[members] = begin + np.searchsorted(self._times[begin:end], origin[members])
        return rows


@torch.compiler.disable  # type: ignore[untyped-decorator]
def distribution_means(
    model: "Forecaster", window: Window, quantiles: Float64[Tensor, "batch horizon levels"] | None
) -> Float[Tensor, " means"]:
    """Means over a batch: 1, the CRPS of the model and of the rungs in percent, and the coverage of its 90 % interval.

    Args:
        model: attached to a trainer. Its rungs are fitted in the first batch.
        window: the batch.
        quantiles: of the closes, in their currency; None for a model without a distribution, whose means are zero.

    Returns:
        ``COUNT`` numbers; NaN for a rung that could not be fitted.
    """
    if quantiles is None:
        return window.target.new_zeros(COUNT)
    last, target = window.context[:, -1:, 0], window.target
    shares = (quantiles / last.unsqueeze(-1)).clamp(min=np.exp(-MOST_CHANGE))  # some scalings give prices below zero
    score = 100 * crps(shares.log(), (target / last).log()).mean()
    covered = ((quantiles[..., LOW] <= target) & (target <= quantiles[..., HIGH])).to(score).mean()
    data = datamodule_of(model.trainer)
    if model._ladder_scores is None and data is not None:
        model._ladder_scores = LadderScores(data)
    scores = model._ladder_scores
    beside = [np.nan] * len(BESIDE) if scores is None else scores.mean_crps(window)
    known = torch.stack([torch.ones_like(score), score, covered + 0 * score])  # a score of NaN has no coverage
    return torch.cat([known[:2], score.new_tensor(beside), known[2:]])


def distribution_curves(stage: str, means: Float[Tensor, " means"]) -> dict[str, Tensor]:
    """The curves of a model with a distribution; none for other models.

    Args:
        stage: ``val`` or ``test``.
        means: of all windows, as :func:`distribution_means` has them.
    """
    share, score, walk, ewma, coverage = means
    if not share > 0:
        return {}
    values = (score, walk, ewma, 1 - score / walk, coverage)
    named = zip(NAMES, values, strict=True)
    return {f"{stage}/{name}": value.float() for name, value in named if not value.isnan()}
