"""What skill costs: seconds of a fit and number of weights of each variant against its skill."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from cryptoforecast.data.plots import default_style
from cryptoforecast.evaluation.comparison.report.figures import UNDECIDED, WALK, finish_axes
from cryptoforecast.evaluation.comparison.report.variants import Skill, Variant
from cryptoforecast.formatting import plot_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COSTS = {"seconds": "seconds of a fit", "weights": "weights of the model"}  # a field of Variant, and its axis
LETTER, LINE = 0.55, 1.25  # width of a letter and height of a line, in parts of the font's size
COUNT = "{x:,.6g}"  # of a cost, on its axis
SMALL = 8.0  # the size of the font, in points
OFFSETS = ((6, 0), (-6, 0), (0, 9), (0, -9), (6, 9), (-6, 9), (6, -9), (-6, -9), (6, 18), (6, -18), (-6, 18), (-6, -18))


class CostPoint(NamedTuple):
    """A variant's cost, its skill in percent, and the standard deviation over its seeds; None of a single seed."""

    name: str
    cost: float
    skill: float
    std: float | None


def cost_points(variants: Sequence[Variant], skills: Mapping[str, Skill], cost: str) -> list[CostPoint]:
    """The points of the variants that have a skill and a cost above zero, which a logarithmic axis can show.

    Args:
        variants: of the study.
        skills: by model.
        cost: ``seconds`` or ``weights``.
    """
    known = [(variant.name, getattr(variant, cost)) for variant in variants if variant.name in skills]
    return [
        CostPoint(name, float(value), 100 * (skill := skills[name]).mean, skill.std and 100 * skill.std)
        for name, value in known
        if value
    ]


@default_style()
def plot_costs(variants: Sequence[Variant], skills: Mapping[str, Skill], label: str) -> "Figure | None":
    """A panel for each cost that is known of a variant: the cost on a logarithmic axis against the skill.

    Args:
        variants: of the study.
        skills: by model.
        label: of the skill.

    Returns:
        None if no cost is known.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator, NullLocator

    points = {axis: found for cost, axis in COSTS.items() if (found := cost_points(variants, skills, cost))}
    if not points:
        return None
    figure = Figure(figsize=(9, 4.2), layout="constrained", dpi=130)
    panels = figure.subplots(1, len(points), sharey=True, squeeze=False)[0]
    for (axis, found), axes in zip(points.items(), panels, strict=True):
        costs = [point.cost for point in found]
        for point in found:
            style: dict[str, Any] = {"fmt": "o", "color": UNDECIDED, "capsize": 3, "markersize": 6}
            axes.errorbar(point.cost, point.skill, yerr=point.std, **style)
        axes.set_xscale("log")
        if max(costs) < 5 * min(costs):  # powers of ten would be too few, and all that lies between them too many
            axes.xaxis.set_major_locator(MaxNLocator(5))
            axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(COUNT)
        axes.xaxis.set_minor_formatter("")
        axes.margins(x=0.18, y=0.12)
        axes.axhline(0, color=WALK, linewidth=1.2)
        axes.set_xlabel(axis)
        finish_axes(axes, "")
    panels[0].set_ylabel(f"{label}, % (bars: std over seeds)")
    panels[0].set_title(f"{label} against cost", loc="left", fontsize="medium", fontweight="bold")
    figure.draw_without_rendering()
    for found, axes in zip(points.values(), panels, strict=True):
        _name_points(axes, found)
    return figure


def _name_points(axes: "Axes", points: Sequence[CostPoint]) -> None:
    """Write the name of each point beside it, where it covers neither a point nor a name."""
    to_points = 72 / axes.figure.dpi
    taken = list[tuple[float, ...]]()
    for point in points:
        (x, low), (_, high) = (
            to_points * axes.transData.transform((point.cost, point.skill + side * (point.std or 0)))
            for side in (-1, 1)
        )
        taken.append((x - 4, low - 4, x + 4, high + 4))
    for point in points:
        x, y = to_points * axes.transData.transform((point.cost, point.skill))
        name = plot_label(point.name, 24)
        width, height = LETTER * SMALL * len(name), LINE * SMALL
        boxes = {}
        for right, up in OFFSETS:
            left = x + right - (width if right < 0 else 0 if right > 0 else width / 2)
            boxes[right, up] = (left, y + up - height / 2, left + width, y + up + height / 2)
        free = (offset for offset, box in boxes.items() if not any(_overlap(box, known) for known in taken))
        right, up = chosen = next(free, OFFSETS[0])
        taken.append(boxes[chosen])
        side = "right" if right < 0 else "left" if right > 0 else "center"
        text: dict[str, Any] = {"textcoords": "offset points", "ha": side, "va": "center", "fontsize": SMALL}
        axes.annotate(name, (point.cost, point.skill), xytext=(right, up), **text)


def _overlap(box: tuple[float, ...], known: tuple[float, ...]) -> bool:
    return box[0] < known[2] and known[0] < box[2] and box[1] < known[3] and known[1] < box[3]
