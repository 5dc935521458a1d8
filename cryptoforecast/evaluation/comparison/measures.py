"""The losses by which models can be ranked: squared errors of points, CRPS of distributions, QLIKE of volatilities."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from cryptoforecast.errors import UsageError, UserError
from cryptoforecast.evaluation.distribution.density import crps_of_rows
from cryptoforecast.evaluation.distribution.quantile_columns import has_distribution
from cryptoforecast.evaluation.metrics import BASELINE_NAMES, RANDOM_WALK, RUNG_NAMES, VOLATILITY_NAMES
from cryptoforecast.evaluation.quantity import is_of_volatility
from cryptoforecast.evaluation.significance import Loss, squared_errors
from cryptoforecast.evaluation.volatility import qlike_of_rows

USERS_BASELINE = "baseline"  # stands in brackets behind the name of a baseline of the user's


class Measure(NamedTuple):
    """A loss of forecast rows, and what its mean over targets is called.

    Attributes:
        name: as ``--by`` names it.
        label: of the mean over targets, in sentences and tables.
        loss: of each row.
        loss_label: of the loss itself, on axes.
        skill_label: of how much lower it is than the random walk's, on axes.
        rungs: the baselines that are to be beaten in turn, from simple to hard.
        lacks: what a model lacks that cannot be ranked by it.
        left_out: the name of the list of such models in ``comparison.json``.
    """

    name: str
    label: str
    loss: Loss
    loss_label: str
    skill_label: str
    rungs: tuple[str, ...]
    lacks: str = ""
    left_out: str = ""

    def relative(self, mean: float, benchmark: float) -> float:
        """The measure in parts of the benchmark's, from mean losses."""
        if benchmark == 0:  # the closes stand still: the random walk is perfect
            return 1.0 if mean == 0 else np.inf
        return float(np.sqrt(mean) / np.sqrt(benchmark) if self is SQUARED else mean / benchmark)


SQUARED = Measure("rmse", "RMSE", squared_errors, "squared error", "skill", (RANDOM_WALK,))
CRPS = Measure(
    "crps", "CRPS", crps_of_rows, "CRPS", "density skill", RUNG_NAMES, "no distribution", "without_distribution"
)
QLIKE = Measure(
    "qlike", "QLIKE", qlike_of_rows, "QLIKE", "skill by QLIKE", (RANDOM_WALK, *VOLATILITY_NAMES),
    "a forecast that is not above zero", "not_above_zero",
)  # fmt: skip
MEASURES = {measure.name: measure for measure in (SQUARED, CRPS, QLIKE)}


def measure_of(by: str) -> Measure:
    """The measure of a name.

    Raises:
        UsageError: if there is none.
    """
    if by not in MEASURES:
        raise UsageError(f"by is {by!r}; it is one of {', '.join(MEASURES)}.")
    return MEASURES[by]


def is_baseline(name: str) -> bool:
    """Whether a model costs nothing to try, also where a run's name is appended to its own."""
    return base_name(name) in BASELINE_NAMES or f" ({USERS_BASELINE}" in name


def with_baselines_named(rows: pd.DataFrame, judged: Mapping[str, Any]) -> pd.DataFrame:
    """Forecast rows in which the user's baselines have names such as ``Momentum (baseline)``, unlike variants.

    Args:
        rows: of one run.
        judged: the run's record of metrics and baselines.
    """
    names = {name: f"{name} ({USERS_BASELINE})" for name in judged.get("baselines", {})}
    return rows.assign(model=rows["model"].replace(names)) if names else rows


def with_label(name: str, run: str) -> str:
    """The name of a model with that of its run.

    >>> with_label("LSTM", "btc/version_0"), with_label("Momentum (baseline)", "btc/version_0")
    ('LSTM (btc/version_0)', 'Momentum (baseline, btc/version_0)')
    """
    return f"{name.removesuffix(')')}, {run})" if name.endswith(f" ({USERS_BASELINE})") else f"{name} ({run})"


def base_name(name: str) -> str:
    """The name of a model without that of its run.

    >>> base_name("Har (btc/version_0)")
    'Har'
    """
    return name.split(" (")[0]


def rungs_in(models: list[str], measure: Measure) -> list[str]:
    """The rungs of a measure among some models, from simple to hard."""
    rungs = [name for name in models if base_name(name) in measure.rungs]
    return sorted(rungs, key=lambda name: measure.rungs.index(base_name(name)))


def models_to_rank(rows: pd.DataFrame, measure: Measure) -> tuple[pd.DataFrame, list[str]]:
    """The rows of the models that a measure ranks, and the names of those that it cannot rank.

    Points are ranked without the rungs of distributions but the random walk, whose point forecast they share, unless
    nothing else is given. CRPS takes a distribution, and QLIKE forecasts of volatility above zero.

    Args:
        rows: forecast rows of all models, the random walk's among them.
        measure: by which they are ranked.

    Raises:
        UserError: if distributions are to be ranked, and the random walk or all other models have none; or QLIKE is to
            be that of prices, or no model forecasts volatilities above zero.
    """
    if measure is CRPS:
        return _ranked_by_crps(rows)
    models = rows["model"]
    above = models.map(base_name).isin(RUNG_NAMES[1:])
    points = rows[~above] if (~models[~above].map(is_baseline)).any() else rows
    return _ranked_by_qlike(points) if measure is QLIKE else (points, [])


def _ranked_by_crps(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    models = rows["model"]
    having = has_distribution(rows).groupby(models).transform("all")
    names = [str(name) for name in models[having].unique()]
    if RANDOM_WALK not in names:
        raise UserError(
            f"by crps: {RANDOM_WALK} has no distribution on these targets, with which others could be compared; add a "
            "run that test has judged since its model has a head such as StudentT, or rows of rows_beside_baselines."
        )
    if len(names) == 1:
        raise UserError(f"by crps: no model beside {RANDOM_WALK} has a distribution on these targets.")
    return rows[having], [str(name) for name in models[~having].unique()]


def _ranked_by_qlike(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    if not is_of_volatility(rows):
        raise UserError(
            "by qlike: these forecasts are of prices, and QLIKE is of volatilities; rows of another tool say so in a "
            "column quantity, whose cells are volatility."
        )
    models = rows["model"]
    positive = (rows["forecast"] > 0).groupby(models).transform("all")
    if models[positive].nunique() == 1:
        raise UserError(f"by qlike: no model beside {RANDOM_WALK} forecasts volatilities above zero alone.")
    return rows[positive], [str(name) for name in models[~positive].unique()]
