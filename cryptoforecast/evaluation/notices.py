"""Warnings on scores that probably overstate a model's skill."""

import shlex
import warnings
from collections.abc import Mapping, Sequence

import pandas as pd

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.errors import DataNotice
from cryptoforecast.evaluation.distribution.density import density_scores_by_series
from cryptoforecast.evaluation.metrics import scores_by_series
from cryptoforecast.evaluation.quantity import is_of_prices
from cryptoforecast.models import Forecaster
from cryptoforecast.models.checkpoints.loaded_parts import prior_training_of
from cryptoforecast.models.checkpoints.prior_training import Split, why_targets_seen

IMPLAUSIBLE_SKILL = 0.3  # on the next close; published models of daily and hourly closes are far below 0.03
IMPLAUSIBLE_DENSITY_SKILL = 0.3  # the best of daily closes are near 0.04
TEST_OPTIONS = ("--output_dir",)


def warn_of_seen_targets(model: Forecaster, data: CloseDataModule, split: Split) -> str:
    """Warn if a model was trained on closes of the targets' times, and return that as half a sentence, else empty.

    Args:
        model: with the checkpoints that it was loaded from.
        data: set up for ``split``.
        split: the targets to score it on.
    """
    seen = why_targets_seen(prior_training_of(model), data.first_target_time(getattr(data.fold, split)), split)
    if seen:
        warnings.warn(f"{seen}: scores on these targets flatter it.", DataNotice, stacklevel=2)
    return seen


def warn_of_implausible_skill(rows: pd.DataFrame, typed: Sequence[str]) -> None:
    """Warn if the skill on the next close, or that of its distribution, is so high that it suggests a leak.

    Args:
        rows: forecast rows on test targets, the model's first.
        typed: the command line of ``test``.
    """
    if not is_of_prices(rows):  # volatility and much else can be forecast
        return
    model, next_closes = str(rows["model"].iloc[0]), rows[rows["step"] == 1]
    skills = {series: table[model]["skill"] for series, table in scores_by_series(next_closes).items()}
    _warn_if_above(IMPLAUSIBLE_SKILL, model, "skill", skills, typed)
    densities = density_scores_by_series(next_closes)
    of_model = {series: table[model]["density_skill"] for series, table in densities.items() if model in table}
    _warn_if_above(IMPLAUSIBLE_DENSITY_SKILL, model, "density skill", of_model, typed)


def _warn_if_above(most: float, model: str, score: str, by_series: Mapping[str, float], typed: Sequence[str]) -> None:
    high = {series: value for series, value in by_series.items() if value > most}
    if high:
        series = max(high, key=lambda name: high[name])
        warnings.warn(
            f"{model}: a {score} of {by_series[series]:+.4f} on the next close of {series} is more likely a leak than "
            f"a discovery; {command_of_audit(typed)} looks for one.",
            DataNotice,
            stacklevel=3,
        )


def command_of_audit(typed: Sequence[str]) -> str:
    """The ``audit`` command for the model and data of a ``test`` command.

    >>> command_of_audit(["test", "--ckpt_path", "runs/a b/best.ckpt", "--output_dir=out", "--data.end=2024-01-01"])
    "python -m cryptoforecast audit --ckpt_path 'runs/a b/best.ckpt' --data.end=2024-01-01"
    """
    words: list[str] = []
    for before, word in zip(["", *typed], typed, strict=False):
        if word.split("=")[0] not in TEST_OPTIONS and before not in TEST_OPTIONS:
            words.append(word)
    return shlex.join(["python", "-m", "cryptoforecast", "audit", *words[1:]])
