"""Warnings on scores that probably overstate a model's skill."""

import shlex
import warnings
from collections.abc import Sequence

import pandas as pd

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.errors import DataNotice
from cryptoforecast.evaluation.metrics import scores_by_series
from cryptoforecast.models import Forecaster
from cryptoforecast.models.checkpoints.loaded_parts import prior_training_of
from cryptoforecast.models.checkpoints.prior_training import Split, why_targets_seen

IMPLAUSIBLE_SKILL = 0.3  # on the next close; published models of daily and hourly closes are far below 0.03
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
    """Warn if the skill on the next close is implausibly high, which suggests a leak.

    Args:
        rows: forecast rows on test targets, the model's first.
        typed: the command line of ``test``.
    """
    model = str(rows["model"].iloc[0])
    scores = scores_by_series(rows[rows["step"] == 1])
    skills = {series: table[model]["skill"] for series, table in scores.items()}
    series = max(skills, key=lambda name: skills[name])
    if skills[series] > IMPLAUSIBLE_SKILL:
        warnings.warn(
            f"{model}: a skill of {skills[series]:+.4f} on the next close of {series} is more likely a leak than a "
            f"discovery; {command_of_audit(typed)} looks for one.",
            DataNotice,
            stacklevel=2,
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
