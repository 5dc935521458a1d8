"""Many models on the same targets: a leaderboard anchored at the random walk, and what may be claimed of the best."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, NotRequired, TypedDict

import numpy as np
import pandas as pd

from cryptoforecast.evaluation.benchmark_rows import with_random_walk
from cryptoforecast.evaluation.claim import Claim, Outcome
from cryptoforecast.evaluation.comparison.against_benchmark import Superior, compare_with
from cryptoforecast.evaluation.comparison.best_claim import claim_by_rungs
from cryptoforecast.evaluation.comparison.losses import absolute_errors, losses_of, scores_of_volatility
from cryptoforecast.evaluation.comparison.measures import (
    CRPS,
    SQUARED,
    Measure,
    is_baseline,
    measure_of,
    models_to_rank,
    rungs_in,
)
from cryptoforecast.evaluation.comparison.seeds import Seeds, Spread, join_seeds, metrics_over_seeds, spreads_of
from cryptoforecast.evaluation.comparison.superiority import REPETITIONS, block_size, confidence_set
from cryptoforecast.evaluation.distribution.quantile_columns import has_distribution
from cryptoforecast.evaluation.metrics import RANDOM_WALK
from cryptoforecast.evaluation.quantity import is_of_volatility
from cryptoforecast.evaluation.sentence import sentence_of
from cryptoforecast.evaluation.significance import fewest_origins
from cryptoforecast.evaluation.tries import Tried
from cryptoforecast.evaluation.user_metrics import Metric, record_of_metrics


class Standing(TypedDict):
    """A model's line of a leaderboard.

    ``rmse`` and ``mae`` are in the series' currency, and absent where several series are pooled. The relative ones
    are parts of the random walk's on the same targets. ``crps``, of the log change in percent, and ``relative_crps``
    are there where models are ranked by it, or all that are no baselines have a distribution; None for one without.
    ``qlike``, ``relative_qlike`` and ``log_mse`` are there of volatilities; None with a forecast not above zero.
    ``dm_p`` is the two-sided p-value of the Diebold-Mariano test against the random walk, of this model alone,
    ``dm_reason`` says why it is None. ``better`` is what StepM finds; where it does not hold its level, the model's own
    p-value, one-sided, must also be below 5 % divided by the count of models that are no baselines. It and
    ``in_confidence_set`` are absent where there are too few origins. Tests are of the losses that models are ranked by.
    ``metrics`` are the values of the user's metrics by name; of several series their mean. ``spread`` is that over the
    seeds, where several are one line.
    """

    rmse: float | None
    mae: float | None
    relative_rmse: float
    relative_mae: float
    crps: NotRequired[float | None]
    relative_crps: NotRequired[float | None]
    qlike: NotRequired[float | None]
    relative_qlike: NotRequired[float | None]
    log_mse: NotRequired[float | None]
    dm_p: float | None
    dm_reason: str
    in_confidence_set: bool | None
    better: bool | None
    metrics: NotRequired[dict[str, float | None]]
    spread: NotRequired[Spread]


class Board(NamedTuple):
    """A leaderboard, best first: of one series, or of all together.

    ``spa_p`` is the p-value of no model being better than the random walk, or None with too few origins, ``block``
    the mean length of the bootstrap's blocks, ``measure`` by what models are ranked. ``rungs`` is the comparison with
    the random walk and, ranked by CRPS or QLIKE, with each rung above it: of the ladder, or baselines of volatility.
    """

    targets: int
    origins: int
    standings: dict[str, Standing]
    spa_p: float | None
    block: int
    measure: Measure = SQUARED
    rungs: dict[str, Superior] = {}  # noqa: RUF012 (never changed)


class Comparison(NamedTuple):
    """Leaderboards by series and pooled, how many were tried on these targets, and what may be claimed of the best.

    ``left_out`` are the models that lack what the measure takes: a distribution, or forecasts above zero. ``metrics``
    is the record of the user's metrics. ``repetitions`` is how often the bootstraps drew.
    """

    by_series: dict[str, Board]
    pooled: Board
    tried: Tried
    claim: Claim
    left_out: Sequence[str] = ()
    metrics: Mapping[str, Any] = {}
    repetitions: int = REPETITIONS

    @property
    def winner(self) -> str | None:
        """The model of which the sentence claims that it is better than the random walk, or than a rung above it."""
        return self.claim.model if self.claim.outcome is Outcome.BETTER else None

    @property
    def sentence(self) -> str:
        """The claim in words."""
        return sentence_of(self.claim)


def compare_rows(
    rows: pd.DataFrame,
    tried: Tried | None = None,
    chosen_on: bool = False,
    simulated: bool = False,
    flattered_by: str = "",
    repetitions: int = REPETITIONS,
    by: str = SQUARED.name,
    metrics: Mapping[str, Metric] | None = None,
    seeds: Seeds = "each",
) -> Comparison:
    """Rank models, and claim that one beats the random walk only where the best of so many would not do so by luck.

    What is claimed is about the best of those given that are no baselines; how,
    :func:`~cryptoforecast.evaluation.claim.claim_on_best` says. Ranked by CRPS, the best is compared with the rungs of
    the ladder in turn, from the random walk on, until one is not beaten; tested in this order, each at 5 %, the chance
    of a false claim on any rung is 5 %. The claim is about the last that is beaten. Ranked by QLIKE, the rungs are the
    random walk, which is the last volatility, VolatilityEwma, VolatilityGarch and VolatilityHar.

    Args:
        rows: forecast rows of all models on the same targets; where the random walk's are missing, they are made from
            the last closes.
        tried: how many variants the ledger knows of on these targets; by default those given.
        chosen_on: whether these are validation targets.
        simulated: whether nobody ever traded at these prices.
        flattered_by: why nothing may be claimed on these targets, in words that go on "…, but"; empty if it may.
        repetitions: how often the bootstraps draw.
        by: ``rmse``, ``crps`` of distributions or ``qlike`` of volatilities.
        metrics: of the user's, by name.
        seeds: ``mean`` to rank the mean losses of a model's seeds, ``each`` for each seed by itself.

    Raises:
        UserError: if models are to be ranked by CRPS and the random walk or all others have no distribution, or by
            QLIKE and the rows are of prices.

    References:
        Maurer, Hothorn and Lehmacher (1995), Multiple comparisons in drug clinical trials, Biometrie in der
        chemisch-pharmazeutischen Industrie 6 (tests in an order fixed beforehand).

    >>> from cryptoforecast import Drift, Mean, SimulatedSource, CloseDataModule, forecast_rows
    >>> data = CloseDataModule(SimulatedSource(rows=200), context_length=20)
    >>> rows = pd.concat([forecast_rows(model(context_length=20), data, "test") for model in (Drift, Mean)])
    >>> list(compare_rows(rows, repetitions=100).pooled.standings)
    ['RandomWalk', 'Drift', 'Mean']
    """
    measure = measure_of(by)
    checked = with_random_walk(rows)
    rows, left_out = models_to_rank(join_seeds(checked) if seeds == "mean" else checked, measure)
    of_series = {str(series): part for series, part in rows.groupby("series", sort=False)}
    by_series = {series: board_of(part, repetitions, measure, metrics or {}) for series, part in of_series.items()}
    several = len(by_series) > 1
    pooled = board_of(rows, repetitions, measure, metrics or {}) if several else next(iter(by_series.values()))
    given = sum(not is_baseline(model) for model in pooled.standings)
    tried = tried or Tried(given, given)
    claim = claim_by_rungs(
        list(pooled.standings),
        pooled.rungs,
        measure,
        tried,
        targets=pooled.targets,
        chosen_on=chosen_on,
        simulated=simulated,
        flattered_by=flattered_by,
    )
    judged = record_of_metrics((metrics or {}).values())
    return Comparison(by_series, pooled, tried, claim, left_out, judged, repetitions)


def board_of(rows: pd.DataFrame, repetitions: int, measure: Measure, metrics: Mapping[str, Metric]) -> Board:
    """The leaderboard of rows that the measure ranks; prices are not averaged over several series."""
    losses, horizon = losses_of(rows, measure.loss), int(rows["step"].max())
    block, enough = block_size(len(losses), horizon), len(losses) >= fewest_origins(horizon)
    may_be_best = confidence_set(losses, block, repetitions) if enough else None
    found = compare_with(RANDOM_WALK, losses, horizon, repetitions, measure)
    rungs = {RANDOM_WALK: found}
    for rung in rungs_in([str(model) for model in losses], measure)[1:]:
        rungs[rung] = compare_with(rung, losses_of(rows, measure.loss, rung), horizon, repetitions, measure)
    scores, spreads = _scores(rows, measure), spreads_of(rows, measure)
    of_user = metrics_over_seeds(metrics, rows)
    standings = {
        model: Standing(
            **score,  # type: ignore[typeddict-item]
            dm_p=found.tests[model].p_value,
            dm_reason=found.tests[model].reason,
            in_confidence_set=None if may_be_best is None else model in may_be_best,
            better=None if found.models is None else model in found.models,
            **({"metrics": of_user[model]} if metrics else {}),
            **({"spread": spreads[model]} if model in spreads else {}),
        )
        for model, score in scores.items()
    }
    best_first = dict(sorted(standings.items(), key=lambda item: found.relative[item[0]]))
    targets = int((rows["model"] == RANDOM_WALK).sum())
    return Board(targets, len(losses), best_first, found.spa_p, block, measure, rungs)


def _scores(rows: pd.DataFrame, measure: Measure) -> dict[str, dict[str, float | None]]:
    """The errors of each model, in price and in parts of the random walk's, and its CRPS where that is shown."""
    several, errors = rows["series"].nunique() > 1, rows["forecast"] - rows["actual"]
    prices = pd.DataFrame({"mse": errors.pow(2), "mae": errors.abs()}).groupby(rows["model"], sort=False).mean()
    squared, absolute = losses_of(rows).mean(), losses_of(rows, absolute_errors).mean()
    having = has_distribution(rows).groupby(rows["model"]).all()
    shown = measure is CRPS or all(
        having[model] for model in having.index if model == RANDOM_WALK or not is_baseline(model)
    )
    scores: dict[str, dict[str, float | None]] = {
        str(model): {
            "rmse": None if several else float(np.sqrt(mse)),
            "mae": None if several else float(mae),
            "relative_rmse": SQUARED.relative(squared[model], squared[RANDOM_WALK]),
            "relative_mae": _ratio(absolute[model], absolute[RANDOM_WALK]),
        }
        for model, mse, mae in prices.itertuples()
    }
    if shown:
        by_series = rows.assign(crps=CRPS.loss(rows)).groupby(["series", "model"])["crps"].mean()
        crps, relative = by_series.groupby("model").mean(), losses_of(rows[rows["model"].map(having)], CRPS.loss).mean()
        for model, score in scores.items():
            known = bool(having[model])
            score["crps"] = float(crps[model]) if known else None
            score["relative_crps"] = _ratio(relative[model], relative[RANDOM_WALK]) if known else None
    if is_of_volatility(rows):
        for model, further in scores_of_volatility(rows).items():
            scores[model].update(further)
    return scores


def _ratio(error: float, walk: float) -> float:
    if walk == 0:  # the closes stand still: the random walk is perfect
        return 1.0 if error == 0 else np.inf
    return float(error / walk)
