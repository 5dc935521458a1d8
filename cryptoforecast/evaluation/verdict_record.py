"""The content of ``scores.json``: a verdict as plain numbers and texts."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from cryptoforecast.evaluation.claim import Claim
from cryptoforecast.evaluation.distribution.adaptive import adaptation_of
from cryptoforecast.evaluation.distribution.calibration import CalibrationFindings
from cryptoforecast.evaluation.distribution.density import DensityScore, density_scores_by_series, point_rows
from cryptoforecast.evaluation.distribution.probability import has_probabilities, probabilities_by_series
from cryptoforecast.evaluation.distribution.probability import to_json as record_of_probabilities
from cryptoforecast.evaluation.distribution.quantile_columns import has_distribution
from cryptoforecast.evaluation.distribution.verdict import DistributionVerdict
from cryptoforecast.evaluation.findings import ModelFindings
from cryptoforecast.evaluation.metrics import Score, overall, scores_by_series
from cryptoforecast.evaluation.sentence import sentence_of
from cryptoforecast.evaluation.user_metrics import USERS
from cryptoforecast.evaluation.volatility_verdict import VolatilityVerdict

Table = dict[str, dict[str, dict[str, Any]]]  # by series, by model, by the name of a score
Findings = Mapping[str, Mapping[str, ModelFindings]] | Mapping[str, Mapping[str, CalibrationFindings]]


def verdict_record(
    claim: Claim,
    targets: int,
    points: dict[str, dict[str, Score]],
    findings: dict[str, dict[str, ModelFindings]],
    distribution: DistributionVerdict | None,
    volatility: VolatilityVerdict | None,
    rows: pd.DataFrame,
) -> dict[str, Any]:
    """A verdict for JSON, which has no infinity and no NaN: None stands for both.

    Args:
        claim: on the point forecast.
        targets: number of targets of all series.
        points: scores of point forecasts by series and model.
        findings: on point forecasts by series and model.
        distribution: the verdict on the distribution, if there is one.
        volatility: the verdict on forecasts of volatility, if they are.
        rows: the forecast rows.
    """
    by_series = plain_scores(points, {} if distribution is None else distribution.by_series)
    content: dict[str, Any] = {"split": claim.split, "series": list(by_series), "targets": targets}
    if len(by_series) == 1:
        content["scores"] = next(iter(by_series.values()))
    else:
        densities = {} if distribution is None else {"": distribution.overall}
        content |= {"by_series": by_series, "all": plain_scores({"": overall(points)}, densities)[""]}
    content |= {"verdict": sentence_of(claim), "claim": claim.to_record()}
    if claim.flattered_by:
        content["flattered_by"] = claim.flattered_by
    if distribution is not None:
        content["distribution"] = distribution.to_json()
    if (adaptation := adaptation_of(rows)) is not None:
        content["adaptive"] = adaptation._asdict()
    if rows.attrs.get(USERS):
        content[USERS] = rows.attrs[USERS]
    if volatility is not None:
        content["volatility"] = volatility.to_json()
    if has_probabilities(rows):
        content["probability"] = record_of_probabilities(probabilities_by_series(rows))
    if findings:
        calibrated = {} if distribution is None else _plain_findings(distribution.findings)
        content["findings"] = scores_of_both(_plain_findings(findings), calibrated)
    return content


def scores_of_both(points: Mapping[str, Mapping[str, Any]], densities: Mapping[str, Mapping[str, Any]]) -> Table:
    """What is known of point forecasts and of distributions in one table, by series and model.

    Args:
        points: scores or findings on point forecasts by series and model.
        densities: those on distributions, empty without any.
    """
    return {
        series: {
            model: {**of_points.get(model, {}), **of_densities.get(model, {})}
            for model in dict.fromkeys([*of_points, *of_densities])
        }
        for series, of_points in points.items()
        for of_densities in [densities.get(series, {})]
    }


def scores_of_rows(rows: pd.DataFrame) -> Table:
    """The scores of point forecasts and of distributions by series and model, as a verdict has them.

    Args:
        rows: forecast rows of several models on the same targets, those of the judged model first.
    """
    densities = density_scores_by_series(rows) if has_distribution(rows).any() else {}
    return plain_scores(scores_by_series(point_rows(rows, str(rows["model"].iloc[0]))), densities)


def plain_scores(points: Mapping[str, Mapping[str, Any]], densities: Mapping[str, Mapping[str, DensityScore]]) -> Table:
    """The scores of both kinds by series and model; what is no finite number is None."""
    return {
        series: {
            model: {name: x if x is not None and np.isfinite(x) else None for name, x in score.items()}
            for model, score in scores.items()
        }
        for series, scores in scores_of_both(points, densities).items()
    }


def finite(value: Any) -> Any:
    """A record with None for what is no finite number: JSON has no infinity and no NaN.

    >>> finite({"skill": -float("inf"), "seeds": [1.0, float("nan")]})
    {'skill': None, 'seeds': [1.0, None]}
    """
    if isinstance(value, dict):
        return {name: finite(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [finite(inner) for inner in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _plain_findings(findings: Findings) -> Table:
    return {
        series: {model: finding.to_json() for model, finding in models.items()} for series, models in findings.items()
    }
