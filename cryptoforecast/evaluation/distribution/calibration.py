"""Whether forecast distributions are calibrated: tests of coverage, of independence and of the PIT."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from cryptoforecast.evaluation.distribution.density import (
    crps_of_rows,
    density_scores_by_series,
    rows_with_distributions,
)
from cryptoforecast.evaluation.distribution.quantile_columns import PIT, has_distribution
from cryptoforecast.evaluation.metrics import RUNG_NAMES
from cryptoforecast.evaluation.rows import first_step_rows
from cryptoforecast.evaluation.significance import (
    NO_BENCHMARK,
    TestResult,
    diebold_mariano,
    diebold_mariano_of,
    fewest_origins,
)

TESTED_LEVELS = ("0.01", "0.05", "0.95", "0.99")
FEWEST_EXPECTED = 1.0  # closes beyond a quantile, below which its coverage cannot be tested
MOMENTS, MOMENTS_OF_STEPS = 4, 2  # of the PIT: at horizon one, and where forecasts overlap


class CalibrationFindings(NamedTuple):
    """Tests of the distributions of one model on one series.

    Attributes:
        kupiec: whether as many closes lie below a quantile as its level says, by level.
        christoffersen: whether they come one after the other more often than by chance, by level.
        pit: whether the PIT is uniform.
        diebold_mariano_crps: whether the CRPS differs from that of each rung, by rung.
    """

    kupiec: dict[str, TestResult]
    christoffersen: dict[str, TestResult]
    pit: TestResult
    diebold_mariano_crps: dict[str, TestResult]

    def to_json(self) -> dict[str, Any]:
        """The entries of ``scores.json``."""
        by_name = {name: value for name, value in self._asdict().items() if isinstance(value, dict)}
        plain = {name: {key: test._asdict() for key, test in tests.items()} for name, tests in by_name.items()}
        return {**plain, "pit": self.pit._asdict()}


def calibration(rows: pd.DataFrame) -> pd.DataFrame:
    """Coverage and width of the intervals in forecast rows, of any tool, and p-values of tests of calibration.

    Args:
        rows: forecast rows with distributions, as :func:`crps` takes them.

    Returns:
        A row for each series and model with a distribution: ``series, model, coverage_50, coverage_90`` (shares),
        ``width_90`` (in percent of log change), ``pit``, ``kupiec_0.01`` to ``kupiec_0.99`` and
        ``christoffersen_0.01`` to ``christoffersen_0.99`` (p-values; NaN where there are too few closes).

    Raises:
        UserError: as :func:`crps`.

    >>> rows = pd.DataFrame({
    ...     "series": "COIN-USD", "model": "Mine", "origin": pd.date_range("2024-01-01", periods=60),
    ...     "timestamp": pd.date_range("2024-01-02", periods=60), "last": 100.0, "forecast": 100.0,
    ...     "actual": np.tile([97.0, 99.0, 101.0, 102.0, 104.0, 90.0], 10), "0.1": 95.0, "0.5": 100.0, "0.9": 105.0,
    ... })
    >>> calibration(rows)[["model", "coverage_90", "kupiec_0.05"]].round(4).to_dict("records")
    [{'model': 'Mine', 'coverage_90': 0.8333, 'kupiec_0.05': 0.0009}]
    """
    rows = rows_with_distributions(rows)
    scores, findings = density_scores_by_series(rows), calibration_by_series(rows)
    lines = []
    for series, models in findings.items():
        for model, finding in models.items():
            score = scores[series][model]
            line: dict[str, Any] = {"series": series, "model": model}
            line |= {name: value for name, value in score.items() if name.startswith(("coverage", "width"))}
            line |= {"pit": finding.pit.p_value}
            line |= {f"kupiec_{level}": test.p_value for level, test in finding.kupiec.items()}
            line |= {f"christoffersen_{level}": test.p_value for level, test in finding.christoffersen.items()}
            lines.append(line)
    tests = [name for name in lines[0] if name == PIT or name.startswith(("kupiec", "christoffersen"))]
    return pd.DataFrame(lines).astype(dict.fromkeys(tests, "float64"))


def calibration_by_series(rows: pd.DataFrame) -> dict[str, dict[str, CalibrationFindings]]:
    """The findings on each series and each model that has a distribution.

    Coverage and independence are tested at step 1, since targets of further steps overlap; the PIT of all steps.

    Args:
        rows: forecast rows of models on the same targets.

    Returns:
        Findings by series and model, in the order of the rows.
    """
    findings: dict[str, dict[str, CalibrationFindings]] = {}
    having = rows[has_distribution(rows)]
    for series, of_series in having.groupby("series", sort=False):
        by_model = {str(model): part for model, part in of_series.groupby("model", sort=False)}
        rungs = [name for name in RUNG_NAMES if name in by_model]
        for model, part in by_model.items():
            first = first_step_rows(part)
            hits = {level: (first["actual"] < first[level]).to_numpy() for level in TESTED_LEVELS}
            segment = first["segment"].to_numpy()
            findings.setdefault(str(series), {})[model] = CalibrationFindings(
                kupiec={level: kupiec(hit, float(level)) for level, hit in hits.items()},
                christoffersen={level: christoffersen(hit, segment) for level, hit in hits.items()},
                pit=pit_test(part),
                diebold_mariano_crps={rung: _against(part, by_model[rung], model == rung) for rung in rungs},
            )
    return findings


def kupiec(hits: np.ndarray, level: float) -> TestResult:
    """Kupiec's test of unconditional coverage: whether the share of hits is the level.

    The likelihood ratio of the observed share against the level, compared with chi-squared of one degree of freedom.

    Args:
        hits: whether each close lies below the quantile.
        level: of the quantile.

    References:
        Kupiec (1995), Techniques for Verifying the Accuracy of Risk Measurement Models, Journal of Derivatives 3(2).

    >>> round(kupiec(np.arange(252) < 20, 0.05).p_value, 4)
    0.0479
    """
    count, number = len(hits), int(hits.sum())
    if count * min(level, 1 - level) < FEWEST_EXPECTED:
        return TestResult(None, "too few for a test")
    from scipy.stats import chi2

    ratio = 2 * (_likelihood(number, count, number / count) - _likelihood(number, count, level))
    return TestResult(float(chi2.sf(max(ratio, 0.0), 1)))


def christoffersen(hits: np.ndarray, segment: np.ndarray | None = None) -> TestResult:
    """Christoffersen's test of independence: whether a hit is as likely after a hit as after none.

    The likelihood ratio of a Markov chain against independence, compared with chi-squared of one degree of freedom.

    Args:
        hits: whether each close lies below the quantile, oldest first.
        segment: numbers of stretches without a gap in time; a pair of neighbours is within one. None for one stretch.

    References:
        Christoffersen (1998), Evaluating Interval Forecasts, International Economic Review 39(4), 841-862.
    """
    before, after = hits[:-1], hits[1:]
    if segment is not None:
        neighbours = segment[1:] == segment[:-1]
        before, after = before[neighbours], after[neighbours]
    pairs = [(int((after & (before == state)).sum()), int((before == state).sum())) for state in (False, True)]
    if any(count == 0 for _, count in pairs):
        return TestResult(None, "too few of which lie on one side of the quantile")
    from scipy.stats import chi2

    number, count = sum(hit for hit, _ in pairs), len(after)
    apart = sum(_likelihood(hit, total, hit / total) for hit, total in pairs)
    ratio = 2 * (apart - _likelihood(number, count, number / count))
    return TestResult(float(chi2.sf(max(ratio, 0.0), 1)))


def pit_test(rows: pd.DataFrame) -> TestResult:
    """Test whether the PIT, the probability that was forecast of a smaller close, is uniform.

    Neyman's smooth test: of a uniform PIT, orthonormal Legendre polynomials have mean zero. At horizon one the first
    four are tested together (location, spread, skewness, tails), with the covariance that they have under the null:
    chi-squared of four degrees of freedom. Forecasts of several steps overlap, and their PITs are dependent. Then the
    first two are tested, averaged over the steps of an origin, each with a variance estimated by equal-weighted cosines
    as in :func:`~cryptoforecast.evaluation.significance.diebold_mariano`; the p-value is twice the smaller one. (Tested
    together, they reject 6 to 9 % of true distributions at 5 %.)

    Args:
        rows: forecast rows of one model on one series.

    References:
        Neyman (1937), Smooth Test for Goodness of Fit, Skandinavisk Aktuarietidskrift 20, 149-199.
        Knüppel (2015), Evaluating the Calibration of Multi-Step-Ahead Density Forecasts Using Raw Moments, JBES 33(2).
    """
    horizon = int(rows["step"].max())
    known = rows[rows[PIT].notna()]
    kept = MOMENTS if horizon == 1 else MOMENTS_OF_STEPS
    moments = pd.DataFrame(_legendre(known[PIT].to_numpy(), kept)).groupby(known["origin"].to_numpy()).mean().to_numpy()
    if len(moments) < fewest_origins(horizon):
        return TestResult(None, "too few for a test")
    if horizon == 1:
        from scipy.stats import chi2

        mean = moments.mean(axis=0)
        return TestResult(float(chi2.sf(len(moments) * mean @ mean, kept)))
    tests = [diebold_mariano_of(moment, horizon) for moment in moments.T]
    p_values = [test.p_value for test in tests if test.p_value is not None]
    return TestResult(min(1.0, kept * min(p_values))) if p_values else tests[0]


def _legendre(pit: np.ndarray, number: int) -> np.ndarray:
    """The first orthonormal Legendre polynomials on (0, 1), without the constant, a column for each."""
    polynomials = np.polynomial.legendre.legvander(2 * pit - 1, number)[:, 1:]
    columns: np.ndarray = polynomials * np.sqrt(2 * np.arange(1, number + 1) + 1)
    return columns


def _likelihood(number: int, count: int, share: float) -> float:
    """The log-likelihood of a number of hits among a count."""
    from scipy.special import xlogy

    return float(xlogy(number, share) + xlogy(count - number, 1 - share))


def _against(rows: pd.DataFrame, rung: pd.DataFrame, is_rung: bool) -> TestResult:
    return NO_BENCHMARK if is_rung else diebold_mariano(rows, rung, crps_of_rows)
