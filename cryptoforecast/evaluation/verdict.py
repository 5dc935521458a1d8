"""The verdict on a model: scores beside the baselines, tests, and the claim as a sentence."""

import html
import json
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from cryptoforecast.errors import UserError
from cryptoforecast.evaluation.benchmark_rows import with_random_walk
from cryptoforecast.evaluation.claim import Claim
from cryptoforecast.evaluation.decision import claim_on
from cryptoforecast.evaluation.distribution.density import point_rows
from cryptoforecast.evaluation.distribution.verdict import DistributionVerdict, judge_distribution
from cryptoforecast.evaluation.findings import ModelFindings, findings_by_series
from cryptoforecast.evaluation.metrics import RANDOM_WALK, Overall, Score, overall, scores_by_series
from cryptoforecast.evaluation.printed_verdict import print_verdict
from cryptoforecast.evaluation.sentence import sentence_of
from cryptoforecast.evaluation.significance import NO_BENCHMARK, diebold_mariano, loss_differences
from cryptoforecast.evaluation.tries import Place
from cryptoforecast.evaluation.user_metrics import note_metrics
from cryptoforecast.evaluation.verdict_record import scores_of_both, verdict_record
from cryptoforecast.evaluation.volatility_metrics import with_metrics_of_quantity
from cryptoforecast.evaluation.volatility_verdict import VolatilityVerdict, judge_volatility
from cryptoforecast.terminal import printed

SPLITS = ("val", "test")


@dataclass(frozen=True)
class Verdict:
    """Scores of a model and of the baselines on the same targets, and what may be claimed of the model.

    Attributes:
        split: ``val`` or ``test``.
        targets: number of targets by series.
        by_series: scores by series and model.
        claim: what may be claimed.
        findings: tests and descriptions by series and model; empty for validation targets.
        rows: the forecast rows that were judged.
        distribution: the verdict on the model's distribution; None if it forecasts points alone.
        volatility: the verdict on forecasts of volatility; None of prices.
    """

    split: str
    targets: dict[str, int]
    by_series: dict[str, dict[str, Score]]
    claim: Claim
    findings: dict[str, dict[str, ModelFindings]]
    rows: pd.DataFrame = field(compare=False)
    distribution: DistributionVerdict | None = None
    volatility: VolatilityVerdict | None = None

    @property
    def skill(self) -> float:
        """The model's skill, 1 - RMSE / RMSE of the random walk; of several series the mean."""
        skill: float = self.overall[self.claim.model]["skill"]
        return skill

    @property
    def density_skill(self) -> float | None:
        """The density skill, 1 - CRPS / CRPS of the random walk; of several series the mean, None of a point model."""
        return None if self.distribution is None else self.distribution.density_skill

    @property
    def sentence(self) -> str:
        """The claim on the point forecast as a sentence."""
        return sentence_of(self.claim)

    @property
    def sentences(self) -> list[str]:
        """The claims as sentences: on the point forecast, and on volatility and the distribution where there are."""
        further = [part.sentence for part in (self.volatility, self.distribution) if part is not None]
        return [self.sentence, *further]

    @property
    def scores(self) -> dict[str, Score]:
        """The scores by model, if there is one series; ValueError if there are several."""
        (table,) = self.by_series.values()
        return table

    @property
    def overall(self) -> dict[str, Overall]:
        """The scores of each model over all series, with equal weights."""
        return overall(self.by_series)

    @property
    def all(self) -> dict[str, Overall]:
        """The former name of ``overall``."""
        warnings.warn("Verdict.all is called Verdict.overall now.", DeprecationWarning, stacklevel=2)
        return self.overall

    @property
    def found(self) -> dict[str, dict[str, ModelFindings]]:
        """The former name of ``findings``."""
        warnings.warn("Verdict.found is called Verdict.findings now.", DeprecationWarning, stacklevel=2)
        return self.findings

    def table(self) -> pd.DataFrame:
        """The scores, a row for each series and model: ``series, model, rmse, mae, mape, skill, targets``.

        With a distribution also ``crps, density_skill, log_score, coverage_50, coverage_90, width_90``; NaN where a
        model is in the other of the two tables.
        """
        densities = {} if self.distribution is None else self.distribution.by_series
        lines = [
            {"series": series, "model": model, **score, "targets": self.targets[series]}
            for series, scores in scores_of_both(self.by_series, densities).items()
            for model, score in scores.items()
        ]
        return pd.DataFrame(lines)

    def __repr__(self) -> str:
        return printed(lambda console: print_verdict(self, console))

    def _repr_html_(self) -> str:
        claims = "".join(f"<p>{html.escape(sentence)}</p>" for sentence in self.sentences)
        return f"{self.table().to_html(index=False)}{claims}"

    def to_json(self) -> str:
        """The content of ``scores.json``: ``scores`` of one series, or ``by_series`` and ``all`` of several.

        For test targets it also has ``findings``, by series and model; with a distribution also ``distribution``, its
        verdict and claim.
        """
        targets = sum(self.targets.values())
        parts = self.distribution, self.volatility
        record = verdict_record(self.claim, targets, self.by_series, self.findings, *parts, self.rows)
        return json.dumps(record, indent=2) + "\n"

    def write(self, path: Path) -> None:
        """Write ``scores.json``."""
        path.write_text(self.to_json(), encoding="utf-8")


def judge(
    rows: pd.DataFrame,
    split: str | None = None,
    simulated: bool | None = None,
    tries: Place | None = None,
    flattered_by: str = "",
    metrics: Iterable[Any] = (),
) -> Verdict:
    """The verdict on a model: its scores beside the baselines', tests, and what may be claimed.

    Args:
        rows: forecast rows of one or several models on the same targets, those of the judged model first: the columns
            ``series, model, origin, step, timestamp, last, forecast, actual``, times in UTC, prices in the series'
            currency, and quantiles in price (``0.01, 0.05, … 0.99``) where there is a distribution. Columns may be
            those of Nixtla (``unique_id, cutoff, ds, y``), AutoGluon or Chronos. Rows of the random walk are made from
            ``last`` if they are missing, without a distribution.
        split: ``val`` or ``test``; by default as :func:`forecast_rows` noted in ``rows.attrs``, else ``test``.
        simulated: whether the closes are simulated; by default as noted in ``rows.attrs``, else not.
        tries: which try on these targets this is, by the ledger, for which a claim is corrected; None for a model that
            was not selected among tries.
        flattered_by: why nothing may be claimed on these targets, as words after "…, but"; else empty.
        metrics: functions of one model's rows on one series, such as ``hits(rows) -> float``, shown with the scores.

    Returns:
        The verdict on the model of the first row. On validation targets there are no tests, and nothing is claimed.

    Raises:
        UserError: if a column is missing or invalid, or the models have forecast different targets.

    >>> rows = pd.DataFrame({
    ...     "series": "COIN-USD", "model": "Mine", "origin": ["2024-01-01", "2024-01-02"],
    ...     "timestamp": ["2024-01-02", "2024-01-03"], "last": [100.0, 110.0], "forecast": [104.0, 110.0],
    ...     "actual": [110.0, 120.0],
    ... })
    >>> {model: round(score["rmse"], 2) for model, score in judge(rows).scores.items()}
    {'Mine': 8.25, 'RandomWalk': 10.0}
    """
    rows = with_random_walk(rows)
    named = with_metrics_of_quantity(rows, note_metrics(rows, metrics))
    split = split or str(rows.attrs.get("split", "test"))
    simulated = bool(rows.attrs.get("simulated")) if simulated is None else simulated
    if split not in SPLITS:
        raise UserError(f"split is {split!r}; it is one of {', '.join(SPLITS)}.")
    model = str(rows["model"].iloc[0])
    distribution = judge_distribution(rows, model, split, tries, simulated, flattered_by)
    volatility = judge_volatility(rows, split, tries, simulated, flattered_by)
    whole, rows = rows, rows if distribution is None else point_rows(rows, model)
    by_series = scores_by_series(rows, named)
    judged, walk = rows[rows["model"] == model], rows[rows["model"] == RANDOM_WALK]
    findings = findings_by_series(rows) if split == "test" else {}
    claim = claim_on(
        model,
        {series: table[model]["skill"] for series, table in by_series.items()},
        NO_BENCHMARK if model == RANDOM_WALK else diebold_mariano(judged, walk),
        float(loss_differences(judged, walk).mean()),
        targets=len(judged),
        split=split,
        place=tries,
        simulated=simulated,
        flattered_by=flattered_by,
        findings={series: models[model] for series, models in findings.items()},
    )
    targets = {series: int((judged["series"] == series).sum()) for series in by_series}
    return Verdict(split, targets, by_series, claim, findings, whole, distribution, volatility)
