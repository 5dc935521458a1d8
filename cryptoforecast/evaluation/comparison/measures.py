"""The losses by which models can be ranked: squared errors of points, and the CRPS of distributions."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from cryptoforecast.errors import UsageError, UserError
from cryptoforecast.evaluation.distribution.density import crps_of_rows
from cryptoforecast.evaluation.distribution.quantile_columns import has_distribution
from cryptoforecast.evaluation.metrics import BASELINE_NAMES, RANDOM_WALK, RUNG_NAMES
from cryptoforecast.evaluation.significance import Loss, squared_errors

USERS_BASELINE = "baseline"  # stands in brackets behind the name of a baseline of the user's


class Measure(NamedTuple):
    """A loss of forecast rows, and what its mean over targets is called.

    Attributes:
        name: as ``--by`` names it.
        label: of the mean over targets, in sentences and tables.
        loss: of each row.
        loss_label: of the loss itself, on axes.
    """

    name: str
    label: str
    loss: Loss
    loss_label: str

    def relative(self, mean: float, benchmark: float) -> float:
        """The measure in parts of the benchmark's, from mean losses."""
        if benchmark == 0:  # the closes stand still: the random walk is perfect
            return 1.0 if mean == 0 else np.inf
        return float(np.sqrt(mean) / np.sqrt(benchmark) if self is SQUARED else mean / benchmark)


SQUARED = Measure("rmse", "RMSE", squared_errors, "squared error")
CRPS = Measure("crps", "CRPS", crps_of_rows, "CRPS")
MEASURES = {measure.name: measure for measure in (SQUARED, CRPS)}


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


def rungs_in(models: list[str]) -> list[str]:
    """The rungs of the ladder among some models, from simple to hard."""
    rungs = [name for name in models if base_name(name) in RUNG_NAMES]
    return sorted(rungs, key=lambda name: RUNG_NAMES.index(base_name(name)))


def models_to_rank(rows: pd.DataFrame, measure: Measure) -> tuple[pd.DataFrame, list[str]]:
    """The rows of the models that a measure ranks, and the names of those without a distribution where it takes one.

    Squared errors leave out the rungs of the ladder but the random walk, whose point forecast they share, unless
    nothing else is given.

    Args:
        rows: forecast rows of all models, the random walk's among them.
        measure: by which they are ranked.

    Raises:
        UserError: if distributions are to be ranked, and the random walk or all other models have none.
    """
    models = rows["model"]
    if measure is SQUARED:
        above = models.map(base_name).isin(RUNG_NAMES[1:])
        kept = ~above if (~models[~above].map(is_baseline)).any() else pd.Series(True, index=rows.index)
        return rows[kept], []
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
