"""What the page says of many models beside their leaderboards: skill by fold, calibration, and cost."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from cryptoforecast.evaluation.comparison.board import Board
from cryptoforecast.evaluation.comparison.measures import CRPS, base_name
from cryptoforecast.evaluation.comparison.report.calibration import MOST_PANELS, coverage_of, plot_calibration
from cryptoforecast.evaluation.comparison.report.costs import COSTS, plot_costs
from cryptoforecast.evaluation.comparison.report.figures import LINES, as_data_uri
from cryptoforecast.evaluation.comparison.report.over_folds import plot_skill_by_fold, skill_by_fold
from cryptoforecast.evaluation.comparison.report.variants import Skill, Variant
from cryptoforecast.evaluation.metrics import RANDOM_WALK, RUNG_NAMES


def fold_sections(boards: Sequence[Board], models: Sequence[str], rows: pd.DataFrame) -> dict[str, str]:
    """Pictures of the skill by fold, one for each leaderboard, by their captions; none of a single fold.

    Args:
        boards: of all series together.
        models: those that are no baselines, best first.
        rows: of all models.
    """
    pictures = {}
    for board in boards:
        drawn = [model for model in models if model in board.standings][: len(LINES)]
        rungs = [model for model in board.standings if base_name(model) in board.measure.rungs[1:]]
        kept = rows[rows["model"].isin([*drawn, *rungs, RANDOM_WALK])]
        if not drawn or not (folds := skill_by_fold(kept, board.measure)):
            continue
        of_many = f" The best {len(drawn)} of {len(models)} are drawn." if len(models) > len(drawn) else ""
        caption = (
            f"{board.measure.skill_label.capitalize()} in each fold, of several seeds by their mean loss; the line at "
            f"zero is the random walk.{of_many}"
        )
        pictures[caption] = as_data_uri(plot_skill_by_fold(folds, [*drawn, *rungs], board.measure, "Over time"))
    return pictures


def calibration_section(board: Board, models: Sequence[str], rows: pd.DataFrame) -> dict[str, Any]:
    """The table of coverage and the pictures of calibration; empty if no model has a distribution.

    Args:
        board: of all series together.
        models: those that are no baselines, best first.
        rows: of all models.
    """
    rungs = [model for model in rows["model"].unique() if model in RUNG_NAMES]
    coverage = coverage_of(rows, [*models, *rungs])
    having = [model for model in models if model in coverage]
    if not having:
        return {}
    rung = _best_rung(board, [model for model in rungs if model in coverage])
    captions = {
        "Reliability": "The share of closes below each quantile, less its level: a distribution that is right stays "
        "within the band. Below zero on the left and above it on the right, intervals are too wide.",
        "PIT": "Forecast probabilities of smaller closes than the actual ones: flat for a distribution that is right, "
        "a hump where intervals are too wide, a valley where they are too narrow.",
    }
    of_many = f" The best {MOST_PANELS} of {len(having)} are drawn." if len(having) > MOST_PANELS else ""
    figures = plot_calibration(rows, having, rung)
    return {
        "lines": coverage,
        "pictures": {f"{captions[name]}{of_many}": as_data_uri(figure) for name, figure in figures.items()},
    }


def cost_section(variants: Sequence[Variant], skills: Mapping[str, Mapping[str, Skill]]) -> dict[str, str]:
    """Pictures of cost against skill, one for each leaderboard, by their captions; none where no cost is known.

    Args:
        variants: of a study.
        skills: by the label of a leaderboard's measure, and by model.
    """
    pictures = {}
    for label, of_models in skills.items():
        if (figure := plot_costs(variants, of_models, label)) is not None:
            caption = f"Seconds of a fit and number of weights of each variant, against its {label}."
            pictures[caption + _say_not_drawn(variants, of_models)] = as_data_uri(figure)
    return pictures


def _say_not_drawn(variants: Sequence[Variant], skills: Mapping[str, Skill]) -> str:
    """Which finished variants lack a cost above zero, as sentences; empty if none does."""
    finished = [variant for variant in variants if variant.name in skills]
    without = {
        axis: [variant.name for variant in finished if not getattr(variant, cost)] for cost, axis in COSTS.items()
    }
    return "".join(f" Without {axis}: {', '.join(names)}." for axis, names in without.items() if names)


def _best_rung(board: Board, rungs: Sequence[str]) -> str | None:
    """The best rung above the random walk by the leaderboard of distributions; else the hardest."""
    ranked = [model for model in board.standings if model in rungs and model != RANDOM_WALK]
    if board.measure is CRPS and ranked:
        return ranked[0]
    return max(rungs, key=RUNG_NAMES.index, default=None)
