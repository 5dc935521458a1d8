"""Adaptive conformal inference: the quantiles of forecast rows, moved so that their coverage follows drift."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float64, Int64

from cryptoforecast.errors import UserError
from cryptoforecast.evaluation.distribution.density import ADAPTIVE, NINETY, crps_of_rows
from cryptoforecast.evaluation.distribution.quantile_columns import DISTRIBUTION_COLUMNS, has_distribution, pit_of
from cryptoforecast.evaluation.rows import SEED
from cryptoforecast.quantiles import COLUMNS, LEVELS, MEDIAN

ADAPTIVE_STEP = 0.005  # that of Gibbs and Candès
LEAST_LEVEL = 1e-9  # beyond it and one less it, a level moves its quantile no further


class Adaptation(NamedTuple):
    """What adapting did to a model's distributions over all of its rows.

    Attributes:
        coverage_before: share of closes in the 90 % intervals, before.
        coverage_after: the same, after.
        crps_before: continuous ranked probability score of the log change, in percent, before.
        crps_after: the same, after.
    """

    coverage_before: float
    coverage_after: float
    crps_before: float
    crps_after: float

    @property
    def sentence(self) -> str:
        """The numbers as a sentence."""
        cost = 100 * (self.crps_after / self.crps_before - 1)
        way = "higher" if cost >= 0 else "lower"
        return (
            f"Adaptive: its 90 % intervals hold {100 * self.coverage_after:.1f} % (before "
            f"{100 * self.coverage_before:.1f} %), and its CRPS is {self.crps_after:.4f} (before "
            f"{self.crps_before:.4f}, {abs(cost):.2f} % {way})."
        )


def require_adaptable(model: str, has_quantiles: bool, step: float) -> None:
    """Refuse a model without quantiles, and a step size that is not between 0 and 1.

    Args:
        model: its name.
        has_quantiles: whether it forecasts quantiles.
        step: the step size.

    Raises:
        UserError: naming the option.
    """
    if not has_quantiles:
        raise UserError(
            f"judge.adaptive moves quantiles, and {model} forecasts none; fit it with a head of distributions, such as "
            "--model.head Conformal."
        )
    if not 0 < step < 1:
        raise UserError(f"judge.adaptive_step is {step:g}; it is between 0 and 1, such as {ADAPTIVE_STEP:g}.")


def with_adaptive(rows: pd.DataFrame, step: float = ADAPTIVE_STEP) -> pd.DataFrame:
    """Forecast rows with those of the first model once more, adapted, under its name and the word adaptive.

    Args:
        rows: forecast rows; those of the first model have quantiles.
        step: see :func:`adapted`.

    Raises:
        UserError: if the model has no quantiles.
    """
    model = str(rows["model"].iloc[0])
    judged = rows[rows["model"] == model]
    require_adaptable(model, bool(has_distribution(judged).all()), step)
    joined = pd.concat([rows, adapted(judged, step).assign(model=model + ADAPTIVE)], ignore_index=True)
    joined.attrs = rows.attrs
    return joined


def adapted(rows: pd.DataFrame, step: float = ADAPTIVE_STEP) -> pd.DataFrame:
    """The rows of a model with quantiles whose levels have followed what became known, in the order of time.

    Each of the 21 levels is replaced by a working level, which begins as the level itself. For each target that is
    known at an origin, its time being no later, the working level moves by ``step`` times the level where the close was
    above the quantile, and by ``step`` times one less the level in the other direction where it was not. Over many
    targets, the share of closes below each quantile comes to its level, however the closes drift. The quantile at a
    working level is read from the model's own quantiles: linear in the normal score of the level, also beyond the
    outermost ones. Quantiles that cross are sorted. Series, steps ahead and seeds are followed each for itself.

    Args:
        rows: of one model, with quantiles.
        step: how fast the levels move; larger steps follow faster and fluctuate more.

    Returns:
        The rows, whose ``forecast`` is the adapted median; they have no log density.

    References:
        Gibbs and Candès (2021), Adaptive Conformal Inference Under Distribution Shift, NeurIPS 34, 1660-1672.
    """
    groups = [name for name in ("series", "step", SEED) if name in rows]
    parts = [_adapted(part, step) for _, part in rows.groupby(groups, sort=False, dropna=False)]
    return pd.concat(parts).loc[rows.index]


def adaptation_of(rows: pd.DataFrame) -> Adaptation | None:
    """What adapting did, if rows of a model and of the same adapted are among some; else None."""
    models = set(rows["model"])
    model = next((str(name) for name in models if f"{name}{ADAPTIVE}" in models), None)
    if model is None:
        return None
    before, after = (rows[rows["model"] == name] for name in (model, model + ADAPTIVE))
    coverages = [float(part["actual"].between(part[NINETY[0]], part[NINETY[1]]).mean()) for part in (before, after)]
    return Adaptation(*coverages, *(float(crps_of_rows(part).mean()) for part in (before, after)))


def _adapted(rows: pd.DataFrame, step: float) -> pd.DataFrame:
    """The rows of one series, step ahead and seed."""
    from scipy.special import ndtri

    order = rows.sort_values("origin", kind="stable")
    origins, times = (order[name].to_numpy("datetime64[ns]").astype("int64") for name in ("origin", "timestamp"))
    last = order["last"].to_numpy()
    curves = np.log(order[list(COLUMNS)].to_numpy() / last[:, None])
    actual = np.log(order["actual"].to_numpy() / last)
    scores, levels = ndtri(np.array(LEVELS)), np.array(LEVELS)
    known_before = _known_before(origins, times)
    quantiles = np.empty_like(curves)
    working, learned = levels.copy(), 0
    for at, curve in enumerate(curves):
        for earlier in range(learned, known_before[at]):
            working += step * (levels - (actual[earlier] <= quantiles[earlier]))
        learned = max(learned, known_before[at])
        wanted = ndtri(np.clip(working, LEAST_LEVEL, 1 - LEAST_LEVEL))
        quantiles[at] = _on_line(wanted, scores, curve)
    prices = last[:, None] * np.exp(np.sort(quantiles, axis=1))
    pit = pit_of(prices, order["actual"].to_numpy())
    changed = pd.DataFrame(prices, columns=list(COLUMNS), index=order.index).assign(pit=pit, log_density=np.nan)
    return order.assign(**{name: changed[name] for name in DISTRIBUTION_COLUMNS}, forecast=prices[:, MEDIAN])


def _known_before(origins: Int64[np.ndarray, " rows"], times: Int64[np.ndarray, " rows"]) -> list[int]:
    """For each origin, the count of the earliest targets that are known there."""
    counts: list[int] = np.searchsorted(np.maximum.accumulate(times), origins, side="right").tolist()
    return counts


def _on_line(wanted: Any, places: Float64[np.ndarray, " points"], values: Float64[np.ndarray, " points"]) -> Any:
    """The values at some places: linear between the points, and beyond them as between the last two that differ."""
    wanted = np.asarray(wanted)
    within = np.interp(wanted, places, values)
    for end, inner in ((0, 1), (-1, -2)):
        distance = places[end] - places[inner]
        slope = (values[end] - values[inner]) / distance if distance else 0.0
        outside = wanted < places[0] if end == 0 else wanted > places[-1]
        within = np.where(outside, values[end] + slope * (wanted - places[end]), within)
    return within
