"""The variants of a study: what each changes, what it costs, and its skill with each seed."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from cryptoforecast.evaluation.comparison.board import Board
from cryptoforecast.evaluation.comparison.columns import NONE
from cryptoforecast.evaluation.comparison.seeds import skills_of_seeds
from cryptoforecast.evaluation.metrics import RANDOM_WALK


class Variant(NamedTuple):
    """A variant of a study.

    Attributes:
        name: of its lines in the leaderboards.
        changes: what differs from the rest of the configuration, in words.
        seconds: of a fit, the mean; None where no fit has noted it.
        weights: number of weights of the model; None where no fit has ended.
        failure: why it is left out; empty if it is not.
    """

    name: str
    changes: str
    seconds: float | None = None
    weights: int | None = None
    failure: str = ""


class Skill(NamedTuple):
    """The skill of a variant by a measure, and that of each seed, by the seed's number; empty of a single one."""

    mean: float
    by_seed: Mapping[str, float]

    @property
    def std(self) -> float | None:
        """The standard deviation over the seeds; None of fewer than two."""
        return float(pd.Series(self.by_seed).std()) if len(self.by_seed) > 1 else None


def skills_by(boards: Sequence[Board], rows: pd.DataFrame) -> dict[str, dict[str, Skill]]:
    """The skill of each model by the measure of each leaderboard, with its seeds', by measure and model.

    Args:
        boards: of all series together.
        rows: of all models, several seeds of a model apart by a column ``seed``.
    """
    return {board.measure.skill_label: _skills(board, rows) for board in boards}


def table_of_variants(variants: Sequence[Variant], skills: Mapping[str, Mapping[str, Skill]]) -> dict[str, Any]:
    """The heads of the table, and of each variant the cells and the lines of its seeds.

    Args:
        variants: in the order of the study.
        skills: as :func:`skills_by` returns them.
    """
    lines = []
    for variant in variants:
        of_variant = {label: found[variant.name] for label, found in skills.items() if variant.name in found}
        seeds = list(dict.fromkeys(seed for skill in of_variant.values() for seed in skill.by_seed))
        lines.append(
            {
                "name": variant.name,
                "changes": variant.changes + (f" (left out: {variant.failure})" if variant.failure else ""),
                "cells": [
                    NONE if variant.seconds is None else f"{variant.seconds:,.1f}",
                    NONE if variant.weights is None else f"{variant.weights:,}",
                    *(say_skill(of_variant.get(label)) for label in skills),
                ],
                "seeds": {
                    seed: " / ".join(format_skill(skill.by_seed.get(seed)) for skill in of_variant.values())
                    for seed in seeds
                },
            }
        )
    heads = ["seconds a fit", "weights", *(f"{label}, %" for label in skills), f"seeds: {' / '.join(skills)}, %"]
    return {"heads": heads, "lines": lines}


def say_skill(skill: Skill | None) -> str:
    """A skill in percent, with the standard deviation over the seeds where there are several.

    >>> say_skill(Skill(0.04, {})), say_skill(Skill(-0.005, {"0": -0.004, "1": -0.006}))
    ('+4.00', '-0.50 ± 0.14')
    """
    if skill is None:
        return NONE
    mean = format_skill(skill.mean)
    return mean if skill.std is None else f"{mean} ± {100 * skill.std:.2f}"


def format_skill(value: float | None) -> str:
    """A skill in percent with its sign; a dash where there is none."""
    return NONE if value is None else f"{100 * value:+.2f}"


def _skills(board: Board, rows: pd.DataFrame) -> dict[str, Skill]:
    by_seed = skills_of_seeds(rows[rows["model"].isin(board.standings)], board.measure)
    relative = board.rungs[RANDOM_WALK].relative
    return {model: Skill(1 - relative[model], by_seed.get(model, {})) for model in board.standings}
