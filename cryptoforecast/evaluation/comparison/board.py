"""Many models on the same targets: a leaderboard anchored at the random walk, and what may be claimed of the best."""

from typing import NamedTuple, TypedDict

import numpy as np
import pandas as pd
from scipy.stats import t

from cryptoforecast.evaluation.benchmark_rows import with_random_walk
from cryptoforecast.evaluation.claim import BestOf, Claim, Outcome
from cryptoforecast.evaluation.comparison.alignment import is_baseline
from cryptoforecast.evaluation.comparison.superiority import (
    REPETITIONS,
    block_size,
    confidence_set,
    holds_its_level,
    superior_to,
)
from cryptoforecast.evaluation.decision import claim_on_best
from cryptoforecast.evaluation.metrics import RANDOM_WALK
from cryptoforecast.evaluation.sentence import sentence_of
from cryptoforecast.evaluation.significance import (
    NO_BENCHMARK,
    SIGNIFICANCE_LEVEL,
    TestResult,
    diebold_mariano_of,
    fewest_origins,
)
from cryptoforecast.evaluation.tries import Tried


class Standing(TypedDict):
    """A model's line of a leaderboard.

    ``rmse`` and ``mae`` are in the series' currency, and absent where several series are pooled. The relative ones
    are parts of the random walk's on the same targets. ``dm_p`` is the two-sided p-value of the Diebold-Mariano test
    against the random walk, of this model alone, ``dm_reason`` says why it is None. ``better`` is what StepM finds;
    where it does not hold its level, the model's own p-value, one-sided, must also be below 5 % divided by the count
    of models that are no baselines. It and ``in_confidence_set`` are absent where there are too few origins.
    """

    rmse: float | None
    mae: float | None
    relative_rmse: float
    relative_mae: float
    dm_p: float | None
    dm_reason: str
    in_confidence_set: bool | None
    better: bool | None


class Board(NamedTuple):
    """A leaderboard, best first: of one series, or of all together.

    ``spa_p`` is the p-value of no model being better than the random walk, or None with too few origins, ``block``
    the mean length of the bootstrap's blocks.
    """

    targets: int
    origins: int
    standings: dict[str, Standing]
    spa_p: float | None
    block: int


class Comparison(NamedTuple):
    """Leaderboards by series and pooled, how many were tried on these targets, and what may be claimed of the best."""

    by_series: dict[str, Board]
    pooled: Board
    tried: Tried
    claim: Claim

    @property
    def winner(self) -> str | None:
        """The model of which the sentence claims that it is better than the random walk."""
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
) -> Comparison:
    """Rank models, and claim that one beats the random walk only where the best of so many would not do so by luck.

    What is claimed is about the best of those given that are no baselines; how,
    :func:`~cryptoforecast.evaluation.claim.claim_on_best` says.

    Args:
        rows: forecast rows of all models on the same targets; where the random walk's are missing, they are made from
            the last closes.
        tried: how many variants the ledger knows of on these targets; by default those given.
        chosen_on: whether these are validation targets.
        simulated: whether nobody ever traded at these prices.
        flattered_by: why nothing may be claimed on these targets, in words that go on "…, but"; empty if it may.
        repetitions: how often the bootstraps draw.

    >>> from cryptoforecast import Drift, Mean, SimulatedSource, CloseDataModule, forecast_rows
    >>> data = CloseDataModule(SimulatedSource(rows=200), context_length=20)
    >>> rows = pd.concat([forecast_rows(model(context_length=20), data, "test") for model in (Drift, Mean)])
    >>> list(compare_rows(rows, repetitions=100).pooled.standings)
    ['RandomWalk', 'Drift', 'Mean']
    """
    rows = with_random_walk(rows)
    of_series = {str(series): part for series, part in rows.groupby("series", sort=False)}
    by_series = {series: _board(part, repetitions) for series, part in of_series.items()}
    pooled = _board(rows, repetitions) if len(by_series) > 1 else next(iter(by_series.values()))
    given = sum(not is_baseline(model) for model in pooled.standings)
    tried = tried or Tried(given, given)
    return Comparison(by_series, pooled, tried, _claim(pooled, tried, chosen_on, simulated, flattered_by))


def losses_of(rows: pd.DataFrame) -> pd.DataFrame:
    """Squared errors, a row per origin, oldest first, and a column per model, in parts of the random walk's mean.

    An origin's loss is the mean over its steps; of several series, the mean over those that have it, each in units of
    the random walk's mean on that series.
    """
    return _by_origin(rows.assign(loss=np.square(rows["forecast"] - rows["actual"])))


def _by_origin(rows: pd.DataFrame) -> pd.DataFrame:
    losses = rows.groupby(["series", "origin", "model"])["loss"].mean().unstack("model")
    unit = losses[RANDOM_WALK].groupby("series").transform("mean").replace(0.0, 1.0)  # closes may stand still
    return losses.div(unit, axis=0).groupby("origin").mean()


def _board(rows: pd.DataFrame, repetitions: int) -> Board:
    """The leaderboard of some rows; prices are not averaged over several series."""
    squared, errors = losses_of(rows), rows["forecast"] - rows["actual"]
    absolute = _by_origin(rows.assign(loss=errors.abs())).mean()
    prices = pd.DataFrame({"mse": errors.pow(2), "mae": errors.abs()}).groupby(rows["model"], sort=False).mean()
    several, horizon = rows["series"].nunique() > 1, int(rows["step"].max())
    block = block_size(len(squared), horizon)
    enough = len(squared) >= fewest_origins(horizon)
    may_be_best = confidence_set(squared, block, repetitions) if enough else None
    found = superior_to(RANDOM_WALK, squared, block, repetitions) if enough else None
    tests = {str(model): _test(squared, str(model), horizon) for model in squared}
    if found and not holds_its_level(len(squared), horizon):
        variants = sum(model != RANDOM_WALK and not is_baseline(model) for model in tests) or len(tests) - 1
        better = [model for model in found.models if _survives(tests[model], variants)]
        found = found._replace(models=better)
    standings = {
        str(model): Standing(
            rmse=None if several else float(np.sqrt(mse)),
            mae=None if several else float(mae),
            relative_rmse=_ratio(np.sqrt(squared[model].mean()), np.sqrt(squared[RANDOM_WALK].mean())),
            relative_mae=_ratio(absolute[model], absolute[RANDOM_WALK]),
            dm_p=tests[str(model)].p_value,
            dm_reason=tests[str(model)].reason,
            in_confidence_set=None if may_be_best is None else model in may_be_best,
            better=None if found is None else model in found.models,
        )
        for model, mse, mae in prices.itertuples()
    }
    best_first = dict(sorted(standings.items(), key=lambda item: item[1]["relative_rmse"]))
    targets = int((rows["model"] == RANDOM_WALK).sum())
    return Board(targets, len(squared), best_first, found.p_value if found else None, block)


def _test(squared: pd.DataFrame, model: str, horizon: int) -> TestResult:
    if model == RANDOM_WALK:
        return NO_BENCHMARK
    return diebold_mariano_of((squared[model] - squared[RANDOM_WALK]).to_numpy(), horizon)


def _survives(test: TestResult, models: int) -> bool:
    """Whether a p-value, one-sided, is small enough for the best of so many (Bonferroni)."""
    return test.p_value is not None and test.p_value / 2 * models < SIGNIFICANCE_LEVEL


def _ratio(error: float, walk: float) -> float:
    if walk == 0:  # the closes stand still: the random walk is perfect
        return 1.0 if error == 0 else np.inf
    return float(error / walk)


def _claim(board: Board, tried: Tried, chosen_on: bool, simulated: bool, flattered_by: str) -> Claim:
    """What may be claimed of the best of those given; of baselines only where nothing else is given."""
    ranked = [model for model in board.standings if model != RANDOM_WALK]
    variants = [model for model in ranked if not is_baseline(model)] or ranked
    better = [model for model in ranked if board.standings[model]["better"]]
    best = next((model for model in variants if model in better), variants[0])
    standing = board.standings[best]
    return claim_on_best(
        best,
        1 - standing["relative_rmse"],
        TestResult(standing["dm_p"], standing["dm_reason"]),
        targets=board.targets,
        better=better,
        best_of=BestOf(len(variants), tried, board.spa_p, [model for model in better if model not in variants]),
        chosen_on=chosen_on,
        simulated=simulated,
        flattered_by=flattered_by,
    )


def skill_interval(losses: pd.DataFrame, model: str, block: int) -> tuple[float, float]:
    """The relative squared error of a model and how far it may be off, two-sided at 95 %.

    The standard error is that of means of blocks, so that errors that hang together are not counted twice.

    Args:
        losses: as :func:`losses_of` gives them.
        model: its column.
        block: how many origins make a block.
    """
    difference = (losses[model] - losses[RANDOM_WALK]).to_numpy()
    whole = len(difference) // block * block
    if whole < 2 * block:
        return float(difference.mean()), float("nan")
    means = difference[-whole:].reshape(-1, block).mean(axis=1)
    half = t.ppf(0.975, len(means) - 1) * means.std(ddof=1) / np.sqrt(len(means))
    return float(difference.mean()), float(half)
