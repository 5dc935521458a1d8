"""Notices on scores that are likely to say more for a model than is true."""

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

TOO_GOOD = 0.3  # skill of the next close; published models of daily and hourly closes stay far below a tenth of it
ONLY_OF_TEST = ("--output_dir",)


def warn_of_seen_targets(model: Forecaster, data: CloseDataModule, split: Split) -> str:
    """Why the targets are no test of a model that was trained on closes of their times; said, and returned.

    Args:
        model: with what it has been loaded from and is made of.
        data: set up for ``split``.
        split: the targets it is to be scored on.
    """
    seen = why_targets_seen(prior_training_of(model), data.first_target_time(getattr(data.fold, split)), split)
    if seen:
        warnings.warn(f"{seen}: scores on these targets flatter it.", DataNotice, stacklevel=2)
    return seen


def warn_of_implausible_skill(rows: pd.DataFrame, typed: Sequence[str]) -> None:
    """Say so where the next close is forecast better than it can be.

    Args:
        rows: forecast rows on test targets, the model's first.
        typed: the command line of ``test``.
    """
    model = str(rows["model"].iloc[0])
    scores = scores_by_series(rows[rows["step"] == 1])
    skills = {series: table[model]["skill"] for series, table in scores.items()}
    series = max(skills, key=lambda name: skills[name])
    if skills[series] > TOO_GOOD:
        warnings.warn(
            f"{model}: a skill of {skills[series]:+.4f} on the next close of {series} is more likely a leak than a "
            f"discovery; {command_of_audit(typed)} looks for one.",
            DataNotice,
            stacklevel=2,
        )


def command_of_audit(typed: Sequence[str]) -> str:
    """The command that audits what a command of ``test`` has judged.

    >>> command_of_audit(["test", "--ckpt_path", "runs/a b/best.ckpt", "--output_dir=out", "--data.end=2024-01-01"])
    "python -m cryptoforecast audit --ckpt_path 'runs/a b/best.ckpt' --data.end=2024-01-01"
    """
    words: list[str] = []
    for before, word in zip(["", *typed], typed, strict=False):
        if word.split("=")[0] not in ONLY_OF_TEST and before not in ONLY_OF_TEST:
            words.append(word)
    return shlex.join(["python", "-m", "cryptoforecast", "audit", *words[1:]])
