"""The verdict on forecasts of volatility: QLIKE beside the baselines', and what may be claimed of the judged model."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd
from rich.table import Table
from rich.text import Text

from cryptoforecast.evaluation.distribution.claim import RungClaim, claim_on_rungs
from cryptoforecast.evaluation.distribution.sentence import QLIKE, sentence_on_rungs
from cryptoforecast.evaluation.distribution.verdict import against_rungs
from cryptoforecast.evaluation.metrics import RANDOM_WALK, VOLATILITY_NAMES
from cryptoforecast.evaluation.quantity import is_of_volatility
from cryptoforecast.evaluation.rows import SEED
from cryptoforecast.evaluation.table import NONE, new_table
from cryptoforecast.evaluation.tries import Place
from cryptoforecast.evaluation.user_metrics import USERS
from cryptoforecast.evaluation.volatility import VolatilityScore, qlike_of_rows, volatility_scores
from cryptoforecast.evaluation.volatility_metrics import METRICS
from cryptoforecast.formatting import p_value_cell

RUNGS = (RANDOM_WALK, *VOLATILITY_NAMES)


class VolatilityVerdict(NamedTuple):
    """How good forecasts of volatility are, and what may be claimed.

    Attributes:
        by_series: scores by series and model, those of the judged model first.
        claim: the baseline of volatility that the model beats, from the random walk, which is the last volatility, on.
        shown: the names of the metrics that its table shows; those that the user has replaced stand with the scores.
    """

    by_series: Mapping[str, Mapping[str, VolatilityScore]]
    claim: RungClaim
    shown: frozenset[str]

    @property
    def sentence(self) -> str:
        """The claim as a sentence."""
        return sentence_on_rungs(self.claim)

    def to_json(self) -> dict[str, Any]:
        """The entry ``volatility`` of ``scores.json``; numbers that are not finite are None."""
        by_series = {
            series: {
                model: {
                    "qlike": score.qlike if math.isfinite(score.qlike) else None,
                    "log_mse": score.log_mse if math.isfinite(score.log_mse) else None,
                    "diebold_mariano_qlike": {"p_value": score.p_value, "reason": score.reason},
                }
                for model, score in models.items()
            }
            for series, models in self.by_series.items()
        }
        return {"verdict": self.sentence, "claim": self.claim.to_record(), "by_series": by_series}


def judge_volatility(
    rows: pd.DataFrame,
    split: str = "test",
    tries: Place | None = None,
    simulated: bool = False,
    flattered_by: str = "",
) -> VolatilityVerdict | None:
    """The verdict on forecasts of volatility; None of anything else.

    The claim is decided as that on a distribution is: the baselines are tested in their order, from the random walk on,
    until one is not beaten. With several seeds, a target's loss is the mean over the seeds.

    Args:
        rows: checked forecast rows of several models on the same targets, those of the judged model first; of a
            backtest those of all folds and seeds.
        split: ``val`` or ``test``.
        tries: which try on these targets this is.
        simulated: whether the closes behind the volatilities are simulated.
        flattered_by: why nothing may be claimed on these targets; else empty.
    """
    if not is_of_volatility(rows):
        return None
    model = str(rows["model"].iloc[0])
    judged = rows[rows["model"] == model]
    seeds = max(judged[SEED].nunique(), 1) if SEED in judged else 1
    claim = claim_on_rungs(
        model,
        against_rungs(rows, model, RUNGS, qlike_of_rows),
        measure=QLIKE,
        targets=len(judged) // seeds,
        split=split,
        place=tries,
        simulated=simulated,
        flattered_by=flattered_by,
    )
    replaced = rows.attrs.get(USERS, {}).get("metrics", {})
    return VolatilityVerdict(volatility_scores(rows, split == "test"), claim, frozenset(METRICS) - set(replaced))


def tables_of_volatility(verdict: VolatilityVerdict | None) -> list[Table]:
    """A table of QLIKE and the squared error of logs, of test targets with the tests of QLIKE; none of prices."""
    if verdict is None:
        return []
    by_series, claim = verdict.by_series, verdict.claim
    several, tested = len(by_series) > 1, claim.split == "test"
    tests = [f"QLIKE p, {claim.model}"] if tested else []
    table = new_table("volatility", [*(["series"] if several else []), "model"], ["QLIKE", "MSE of logs", *tests])
    for series, models in by_series.items():
        for at, (model, score) in enumerate(models.items()):
            name = "yesterday's (RandomWalk)" if model == RANDOM_WALK else model
            of_series = [Text("" if at else series)] if several else []
            cells = [_cell(score.qlike), _cell(score.log_mse), *([_test(score)] if tested else [])]
            table.add_row(*of_series, Text(name), *cells, end_section=several and at == len(models) - 1)
    return [table]


def _test(score: VolatilityScore) -> str:
    way = "better" if score.judged_is_better else "worse"
    return NONE if score.p_value is None else f"{way}, {p_value_cell(score.p_value)}"


def _cell(number: float) -> str:
    return f"{number:.4f}" if math.isfinite(number) else NONE
