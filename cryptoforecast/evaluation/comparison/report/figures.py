"""Figures of a comparison, in both of which the random walk is the zero line."""

import base64
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from cryptoforecast.data.plots import default_style
from cryptoforecast.evaluation.comparison.board import Board
from cryptoforecast.evaluation.comparison.losses import skill_interval
from cryptoforecast.evaluation.comparison.measures import base_name
from cryptoforecast.evaluation.figures.canvas import RUNG_COLORS, rung_style, tidy, write_png
from cryptoforecast.evaluation.metrics import RANDOM_WALK
from cryptoforecast.formatting import plot_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BETTER, UNDECIDED, WALK = "#d1472f", "#5b7a99", "#1a1a1a"
LINES = ("#d1472f", "#2f6fb3", "#3a8f5c", "#b8860b", "#7a4fa3", "#c2478c", "#4a9a9a", "#7d6a55")
MOST_BARS = 25
FAR_OFF = 1.25  # a relative RMSE, CRPS or QLIKE beyond which a model would squeeze all others into a line


def drawn_models(board: Board, most: int) -> list[str]:
    """The models to draw, best first: the random walk is the zero line, and what is far off is left out.

    Args:
        board: the leaderboard.
        most: how many at most.
    """
    relative = board.rungs[RANDOM_WALK].relative
    models = [(model, relative[model]) for model in board.standings if model != RANDOM_WALK]
    near = [model for model, relative in models if relative <= FAR_OFF]
    return (near or [model for model, _ in models])[:most]


@default_style()
def plot_skill(board: Board, losses: pd.DataFrame, title: str) -> "Figure":
    """How much smaller each model's mean loss is than the random walk's, with 95 % intervals.

    Args:
        board: the leaderboard.
        losses: as ``losses_of`` gives them.
        title: of what they are.
    """
    from matplotlib.figure import Figure

    models = drawn_models(board, MOST_BARS)[::-1]
    figure = Figure(figsize=(9, 1.5 + 0.36 * len(models)), layout="constrained", dpi=130)
    axes = figure.subplots()
    for at, model in enumerate(models):
        mean, half = (100 * value for value in skill_interval(losses, model, board.block))
        color = BETTER if board.standings[model]["better"] else UNDECIDED
        axes.errorbar(-mean, at, xerr=half, fmt="o", color=color, capsize=3, markersize=5, linewidth=1.6)
    axes.axvline(0, color=WALK, linewidth=1.2)
    axes.set_yticks(range(len(models)), [plot_label(model) for model in models])
    axes.set_ylim(-0.6, len(models) - 0.4)
    axes.set_xlabel(f"{board.measure.loss_label} below the random walk's, % (right is better)")
    skill = board.measure.skill_label
    finish_axes(axes, f"{plot_label(title)}: {skill} with 95 % intervals, each model by itself")
    return figure


@default_style()
def plot_cumulative(board: Board, losses: pd.DataFrame, title: str) -> "Figure":
    """Losses of the random walk less those of the best models, added up over time: where skill came from."""
    from matplotlib.dates import ConciseDateFormatter
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4.4), layout="constrained", dpi=130)
    axes = figure.subplots()
    for model, style in line_styles(drawn_models(board, len(LINES))).items():
        gained = (losses[RANDOM_WALK] - losses[model]).cumsum()
        axes.plot(gained.index, gained.to_numpy(), label=plot_label(model), linewidth=1.5, **style)
    axes.axhline(0, color=WALK, linewidth=1.2)
    date_format: Any = ConciseDateFormatter
    axes.xaxis.set_major_formatter(date_format(axes.xaxis.get_major_locator()))
    loss = board.measure.loss_label
    axes.set_ylabel(f"{loss} saved, in units of the random walk's mean")
    axes.legend(loc="best", frameon=False, fontsize="small")
    finish_axes(axes, f"{plot_label(title)}: {loss} saved over time (falling: worse than the random walk)")
    return figure


@default_style()
def as_data_uri(figure: "Figure") -> str:
    """A picture as text that a page can hold."""
    file = io.BytesIO()
    write_png(figure, file)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def line_styles(models: Sequence[str]) -> dict[str, dict[str, Any]]:
    """How the line of each model is drawn; those for which there is no colour are left out.

    >>> line_styles(["LSTM", "Har"])["LSTM"]
    {'color': '#d1472f'}
    """
    rungs = {model: rung_style(base_name(model)) for model in models if base_name(model) in RUNG_COLORS}
    colors = dict(zip([model for model in models if model not in rungs], LINES, strict=False))
    styles = rungs | {model: {"color": color} for model, color in colors.items()}
    return {model: styles[model] for model in models if model in styles}


def finish_axes(axes: "Axes", title: str) -> None:
    """Set a title, and remove what no panel needs."""
    axes.set_title(title, loc="left", fontsize="medium", fontweight="bold")
    tidy(axes)
