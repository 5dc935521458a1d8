"""The skill of models by fold: whether it lasts, or came from one stretch of time."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from cryptoforecast.data.plots import default_style
from cryptoforecast.evaluation.comparison.losses import losses_of
from cryptoforecast.evaluation.comparison.measures import Measure
from cryptoforecast.evaluation.comparison.odd_runs import TARGET
from cryptoforecast.evaluation.comparison.report.figures import WALK, finish_axes, line_styles
from cryptoforecast.evaluation.figures.canvas import show_dates
from cryptoforecast.evaluation.metrics import RANDOM_WALK
from cryptoforecast.formatting import plot_label

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class FoldSkill(NamedTuple):
    """The times of the first and the last target of a fold, and the skill of each model in it."""

    first: pd.Timestamp
    last: pd.Timestamp
    skill: dict[str, float]


def skill_by_fold(rows: pd.DataFrame, measure: Measure) -> list[FoldSkill]:
    """The skill of each model in each fold: one minus its relative loss there; of several seeds, by their mean loss.

    Args:
        rows: of the models, the random walk's among them.
        measure: of the loss.

    Returns:
        The folds, oldest first; none if there is one fold, or runs disagree on which fold a target is in.
    """
    of_target = rows.drop_duplicates([*TARGET, "fold"])
    if rows["fold"].nunique() < 2 or of_target.duplicated(TARGET).any():
        return []
    folds = list[FoldSkill]()
    for _, part in rows.groupby("fold"):
        means = losses_of(part, measure.loss).mean()
        skill = {str(model): 1 - measure.relative(mean, means[RANDOM_WALK]) for model, mean in means.items()}
        folds.append(FoldSkill(part["timestamp"].min(), part["timestamp"].max(), skill))
    return sorted(folds)


@default_style()
def plot_skill_by_fold(folds: Sequence[FoldSkill], models: Sequence[str], measure: Measure, title: str) -> "Figure":
    """A line for each model, with its skill in each fold; the line at zero is the random walk.

    Args:
        folds: as :func:`skill_by_fold` returns them.
        models: those to draw, best first.
        measure: of the loss.
        title: of what they are.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4.4), layout="constrained", dpi=130)
    axes = figure.subplots()
    middles = [fold.first + (fold.last - fold.first) / 2 for fold in folds]
    for model, style in line_styles(models).items():
        skill = [100 * fold.skill[model] for fold in folds]
        axes.plot(middles, skill, label=plot_label(model), linewidth=1.5, marker="o", markersize=4, **style)
    axes.axhline(0, color=WALK, linewidth=1.2)
    for fold in folds[1:]:
        axes.axvline(fold.first, color=WALK, linewidth=0.6, linestyle=":", alpha=0.6)
    axes.set_xlim(folds[0].first, folds[-1].last)
    show_dates(axes)
    axes.set_ylabel(f"{measure.label} below the random walk's, %")
    figure.legend(loc="outside right upper", frameon=False, fontsize="small")
    finish_axes(axes, f"{plot_label(title)}: {measure.skill_label} in each of {len(folds)} folds")
    return figure
