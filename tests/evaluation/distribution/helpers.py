"""What tests of verdicts on distributions share."""

import numpy as np
import pandas as pd

from cryptoforecast.evaluation import significance
from cryptoforecast.evaluation.distribution.claim import AgainstRung, RungClaim, density_claim_on
from cryptoforecast.evaluation.distribution.verdict import DistributionVerdict
from cryptoforecast.evaluation.tries import Place, Tried
from cryptoforecast.evaluation.verdict import judge
from tests.evaluation.helpers import distribution_rows
from tests.helpers import not_none


def clustered_rows(errors: dict[str, float | None], seed: int = 0, count: int = 800, **options: str) -> pd.DataFrame:
    """Rows of models that know the spread of each day up to a log-normal error; None knows the mean spread alone."""
    random = np.random.default_rng(seed)
    scales = 0.03 * np.exp(0.5 * np.sin(np.arange(count) / 20))
    actual = 100 * np.exp(scales * random.normal(size=count))
    constant = float(np.sqrt(np.mean(scales**2)))
    parts = []
    for model, error in errors.items():
        known = constant if error is None else scales * np.exp(error * random.normal(size=count))
        parts.append(distribution_rows(model, known, actual, **options))
    return pd.concat(parts, ignore_index=True)


LADDER = {"LSTM": 0.05, "RandomWalk": None, "Ewma": 0.6, "Garch": 0.5, "Har": 0.0}


def judged(rows: pd.DataFrame, split: str = "test", **options: object) -> DistributionVerdict:
    return not_none(judge(rows, split, **options).distribution)  # type: ignore[arg-type]


def at(fit: int) -> Place:
    return Place(fit, fit, Tried(fit, fit))


def against(rung: str, reduction: float, p_value: float | None) -> AgainstRung:
    test = significance.TestResult(p_value, "" if p_value is not None else "too few for a test")
    return AgainstRung(rung, reduction, test, -reduction)


def claim(*rungs: AgainstRung, model: str = "LSTM", **options: object) -> RungClaim:
    return density_claim_on(model, rungs, targets=421, coverage_90=0.896, **options)  # type: ignore[arg-type]
