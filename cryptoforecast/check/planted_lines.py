"""Lines on skill: what is planted in closes is found, and in a walk nothing is."""

from functools import partial
from inspect import signature
from typing import Any, NamedTuple

import torch

from cryptoforecast.audit.origins import forecasts
from cryptoforecast.check.closes import OPEN, follower, walk
from cryptoforecast.check.contract_lines import forecast_of
from cryptoforecast.check.examination import Examination
from cryptoforecast.check.head_lines import require_head_takes_part
from cryptoforecast.check.outcomes import Fails, Missing, NotTried
from cryptoforecast.check.short_fit import Fitted, learns
from cryptoforecast.data.series import CLOSE, CloseSeries
from cryptoforecast.evaluation.beside_baselines import ladder_rows
from cryptoforecast.evaluation.distribution.density import crps_of_rows
from cryptoforecast.evaluation.forecasts import DISTRIBUTION_COLUMNS, Split, forecast_rows
from cryptoforecast.evaluation.metrics import RANDOM_WALK
from cryptoforecast.evaluation.significance import SIGNIFICANCE_LEVEL, diebold_mariano, squared_errors
from cryptoforecast.formatting import count_of, format_p_value
from cryptoforecast.models import StudentT
from cryptoforecast.models.ladder.ladder import fit_ladder

ROWS, BATCH_SIZE = 1500, 64
BORDERS = {"val_from": 0.5, "test_from": 0.7}
MOST_STEPS, EVERY, A_FEW_STEPS = 800, 100, 5
LEARNING_RATE = 0.01  # instead of Adam's default, with which so few steps would hardly move the weights
ENOUGH = 0.001  # the p-value on the validation targets at which training ends
AUTOCORRELATION = 0.8  # the best forecast has a skill of 0.4
SWING = 1.0  # of the log volatility


class Finding(NamedTuple):
    """The skill of a model on some targets beside the random walk, and the p-value of the difference."""

    skill: float
    p_value: float
    targets: int

    def is_better(self, level: float = SIGNIFICANCE_LEVEL) -> bool:
        """Whether the model is better than the random walk at a level of significance."""
        return self.skill > 0 and self.p_value < level

    def __str__(self) -> str:
        return f"skill {self.skill:+.3f} and {format_p_value(self.p_value)} on {count_of(self.targets, 'target')}"


def check_autocorrelation(examination: Examination) -> str:
    """Find that each change repeats a share of the one before."""
    fitted = _planted_fit(examination, walk(ROWS, autocorrelation=AUTOCORRELATION))
    examination.steps_of_planted = fitted.trainer.global_step
    return _found(fitted, "each change repeats a share of the one before")


def check_clustering(examination: Examination) -> str:
    """Find that large changes are followed by large ones, by a distribution that stands on no rung."""
    fitted, made_with = examination.fitted, {}
    if forecast_of(fitted, fitted.data.fold.val[:1]).distribution is None:
        require_head_takes_part(examination, StudentT)
        made_with = {"head": StudentT(relative_to="none")}
    series = walk(ROWS, volatility_swing=SWING)
    return _found(_planted_fit(examination, series, made_with=made_with), "volatility is clustered")


def check_lead(examination: Examination) -> str:
    """Find in a further column that another coin leads by one bar."""
    series, columns = follower(ROWS), (CLOSE, OPEN)
    if not _sees_further_columns(_fit(examination, series, A_FEW_STEPS, columns)):
        raise NotTried("its forecasts depend on the close alone.")
    return _found(_planted_fit(examination, series, columns=columns), "another coin, in a column, leads by a bar")


def check_walk(examination: Examination) -> str:
    """Check that nothing is found in closes in which there is nothing to find."""
    findings = []
    for seed in (10, 11):
        fitted = _fit(examination, walk(ROWS, seed), steps=examination.steps_of_planted)
        findings.append(finding_of(fitted, "test"))
        if not findings[-1].is_better():
            return f"{findings[-1]} after {count_of(fitted.trainer.global_step, 'step')}, which is no claim"
    raise Fails(
        f"it is better than the random walk on two walks, where nobody can be: {findings[0]}, and {findings[1]}; it "
        "sees the future, as python -m cryptoforecast audit shows."
    )


def finding_of(fitted: Fitted, split: Split) -> Finding:
    """How a fitted model does on some targets: by its distribution if it has one, else by its points."""
    model, data = fitted.model, fitted.data
    rows = forecast_rows(model, data, split)
    if DISTRIBUTION_COLUMNS[0] not in rows:
        loss, benchmark = squared_errors, rows.assign(model=RANDOM_WALK, forecast=rows["last"])
        skill = 1 - float((loss(rows).mean() / loss(benchmark).mean()) ** 0.5)
    else:
        loss, positions = crps_of_rows, getattr(data.fold, split)
        benchmark = ladder_rows(fit_ladder(data.bars(), data.horizon, (RANDOM_WALK,)), data, positions, rows)
        skill = 1 - float(loss(rows).mean() / loss(benchmark).mean())
    p_value = diebold_mariano(rows, benchmark, loss).p_value
    return Finding(skill, 1.0 if p_value is None else p_value, len(rows))


def _planted_fit(examination: Examination, series: CloseSeries, **changes: Any) -> Fitted:
    """A model fitted on closes in which something is planted until it is found there on the validation targets."""
    return _fit(examination, series, MOST_STEPS, until=lambda fitted: finding_of(fitted, "val").is_better(ENOUGH),
                every=EVERY, **changes)  # fmt: skip


def _fit(
    examination: Examination,
    series: CloseSeries,
    steps: int,
    columns: Any = None,
    made_with: dict[str, Any] | None = None,
    **options: Any,
) -> Fitted:
    settings = {} if columns is None else {"columns": columns}
    data = examination.data([series], batch_size=BATCH_SIZE, **BORDERS, **settings)
    return examination.fit(data, steps, made_with={**_optimizer(examination), **(made_with or {})}, **options)


def _optimizer(examination: Examination) -> dict[str, Any]:
    """Adam with a higher learning rate, where the model has Adam's default; else nothing."""
    chosen = [(type(optimizer), optimizer.defaults["lr"]) for optimizer in examination.fitted.trainer.optimizers]
    usual = (torch.optim.Adam, signature(torch.optim.Adam).parameters["lr"].default)
    return {"optimizer": partial(torch.optim.Adam, lr=LEARNING_RATE)} if chosen == [usual] else {}


def _found(fitted: Fitted, planted: str) -> str:
    """The sentence that a model has found what was planted.

    Raises:
        Missing: if it has not.
    """
    finding, steps = finding_of(fitted, "test"), fitted.trainer.global_step
    after = f"in {count_of(steps, 'step')}" if learns(fitted.model) else "without steps"
    if not finding.is_better():
        raise Missing(f"{planted}: not found {after}, {finding}.")
    return f"{planted}: found {after}, {finding}"


def _sees_further_columns(fitted: Fitted) -> bool:
    """Whether a forecast depends on another column than the first."""
    windows, positions = fitted.data.windows, fitted.data.fold.val[:8]
    before = forecasts(fitted.model, windows, positions)
    windows.prices[:, 1:] *= 1.01
    after = forecasts(fitted.model, windows, positions)
    windows.prices[:, 1:] /= 1.01
    return not torch.equal(before, after)
