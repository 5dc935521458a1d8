"""The calibration of many models: coverage in a table, reliability curves and PIT histograms in small multiples."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from cryptoforecast.data.plots import default_style
from cryptoforecast.evaluation.distribution.density import density_scores_by_series, overall_density
from cryptoforecast.evaluation.distribution.quantile_columns import has_distribution
from cryptoforecast.evaluation.figures.calibration import draw_pit, draw_reliability
from cryptoforecast.evaluation.figures.canvas import draw_panels
from cryptoforecast.evaluation.figures.distribution_rows import last_step, step_ahead

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_PANELS = 12
SHAPE = (7.6, 4.8)
THE_MODEL = "the model"  # in the legend of panels that are named after their models


def coverage_of(rows: pd.DataFrame, models: Sequence[str]) -> dict[str, list[str]]:
    """The cells ``coverage of 50 %``, ``of 90 %`` and ``width of 90 %`` of models, in percent.

    They are means over series, each counting the same, and over a model's seeds.

    Args:
        rows: of all models.
        models: in the order of the table; those without a distribution are left out.
    """
    scores = overall_density(density_scores_by_series(rows[rows["model"].isin(models)]))
    return {
        model: [
            f"{100 * scores[model]['coverage_50']:.1f}",
            f"{100 * scores[model]['coverage_90']:.1f}",
            f"{scores[model]['width_90']:.2f}",
        ]
        for model in models
        if model in scores
    }


@default_style()
def plot_calibration(rows: pd.DataFrame, models: Sequence[str], rung: str | None) -> "dict[str, Figure]":
    """The reliability curves and the PIT histograms of models with a distribution, a panel for each.

    Targets of all series and seeds are pooled. The band is that of as many independent targets as there are origins
    whose targets do not overlap: series of coins move together, and seeds forecast the same closes.

    Args:
        rows: of all models.
        models: those to draw, with a distribution; of many, the first twelve.
        rung: of the ladder, drawn in each panel; None to draw none.

    Returns:
        Figures by what they show; none without a model to draw.
    """
    drawn = last_step(rows[has_distribution(rows)])
    beside = drawn[drawn["model"] == rung]
    count = max(1, drawn["origin"].nunique() // int(drawn["step"].max())) if len(drawn) else 1
    having = [model for model in models if (drawn["model"] == model).any()][:MOST_PANELS]
    if not having:
        return {}
    parts = {model: pd.concat([drawn[drawn["model"] == model], beside]) for model in having}
    rungs = [] if rung is None or beside.empty else [rung]

    def reliability(of_model: pd.DataFrame, axes: "Axes") -> None:
        draw_reliability(of_model, axes, count, rungs, THE_MODEL)

    pit = partial(draw_pit, count=count, rung=rungs[0] if rungs else None, model=THE_MODEL)
    return {
        "Reliability": draw_panels(parts, reliability, f"Reliability, {step_ahead(drawn)}", SHAPE),
        "PIT": draw_panels(parts, pit, f"PIT histogram, {step_ahead(drawn)}", SHAPE),
    }
