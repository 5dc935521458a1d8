"""A comparison as one HTML file: it holds its pictures and asks nothing of a network."""

from collections.abc import Mapping, Sequence
from html import escape

import pandas as pd

from cryptoforecast import __version__
from cryptoforecast.evaluation.comparison.alignment import Aligned, Run
from cryptoforecast.evaluation.comparison.board import Board, Comparison, Standing, losses_of
from cryptoforecast.evaluation.comparison.figures import as_data_uri, drawn_models, plot_cumulative, plot_skill
from cryptoforecast.evaluation.comparison.superiority import REPETITIONS
from cryptoforecast.evaluation.metrics import RANDOM_WALK
from cryptoforecast.evaluation.table import say_price
from cryptoforecast.evaluation.wording import p_value_cell

STYLE = """
:root { color-scheme: light dark; --ink: #1b1b1b; --soft: #666; --line: #ddd; --paper: #fdfdfb; --mark: #f4efe4;
  --claim: #b5371f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e6e1; --soft: #a09c94; --line: #3a3a3a; --paper: #17181a;
  --mark: #24262a; --claim: #ff8a70; } }
body { max-width: 60rem; margin: 3rem auto; padding: 0 1.5rem; background: var(--paper); color: var(--ink);
  font: 16px/1.55 Georgia, 'Iowan Old Style', serif; }
h1 { font-size: 1.9rem; margin: 0 0 .3rem; } h2 { font-size: 1.2rem; margin: 2.6rem 0 .4rem; }
.sentence { font-size: 1.2rem; border-left: 4px solid var(--claim); padding: .2rem 0 .2rem 1.1rem; margin: 1.6rem 0; }
.soft { color: var(--soft); font-size: .92rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font: 14px/1.5 ui-sans-serif, system-ui, sans-serif; margin: .6rem 0; }
th { text-align: right; font-weight: 600; color: var(--soft); border-bottom: 1px solid var(--ink); }
td { text-align: right; border-bottom: 1px solid var(--line); font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .7rem; white-space: nowrap; } th:first-child, td:first-child { text-align: left; }
tr.walk td { background: var(--mark); font-style: italic; } tr.winner td { font-weight: 700; }
figure { margin: 1.2rem 0; background: #fff; border: 1px solid var(--line); border-radius: 6px; padding: .6rem; }
img { display: block; width: 100%; height: auto; }
code { font: .88em ui-monospace, monospace; overflow-wrap: anywhere; }
"""
HEADS = ("model", "RMSE", "MAE", "relative RMSE", "relative MAE", "DM p", "in 90 % confidence set", "better (StepM)")


def page(comparison: Comparison, aligned: Aligned, runs: Sequence[Run], command: str) -> str:
    """The report.

    Args:
        comparison: what to report.
        aligned: the rows it was made from.
        runs: the files they came from.
        command: what was typed.
    """
    several = len(comparison.by_series) > 1
    boards = {"all series, each counting the same": comparison.pooled} if several else {}
    boards |= comparison.by_series
    rows = {series: aligned.rows[aligned.rows["series"] == series] for series in comparison.by_series}
    sections = [
        _section(name, board, _pictures(name, board, rows.get(name, aligned.rows)), comparison.winner)
        for name, board in boards.items()
    ]
    count, out = comparison.pooled.targets, aligned.total - comparison.pooled.targets
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(', '.join(comparison.by_series))}: comparison</title><style>{STYLE}</style></head><body>",
            f"<h1>{escape(', '.join(comparison.by_series))}</h1>",
            f'<p class="soft">{len(comparison.pooled.standings)} models on {count:,} common targets, {out:,} left out; '
            f"{escape(comparison.tried.said)} tried on these targets.</p>",
            f'<p class="sentence">{escape(comparison.sentence)}</p>',
            *sections,
            _of_runs(aligned, runs),
            _explanation(comparison.pooled),
            f'<p class="soft"><code>{escape(command)}</code><br>cryptoforecast {__version__}</p>',
            "</body></html>\n",
        ]
    )


def cells(own: Standing) -> list[str]:
    """A line of a leaderboard in words, its name left out."""
    prices = ["–" if value is None else say_price(value) for value in (own["rmse"], own["mae"])]
    parts = [f"{own[name]:.4f}" for name in ("relative_rmse", "relative_mae")]
    answers = ["–" if answer is None else "yes" if answer else "no" for answer in _answers(own)]
    return [*prices, *parts, p_value_cell(own["dm_p"], "–"), *answers]


def _answers(own: Standing) -> tuple[bool | None, bool | None]:
    return own["in_confidence_set"], own["better"]


def _pictures(name: str, board: Board, rows: pd.DataFrame) -> dict[str, str]:
    losses = losses_of(rows)
    return {
        "Skill of each model with its interval; the line at zero is the random walk.": as_data_uri(
            plot_skill(board, losses, name)
        ),
        "Squared error saved against the random walk, added up over time.": as_data_uri(
            plot_cumulative(board, losses, name)
        ),
    }


def _section(name: str, board: Board, pictures: Mapping[str, str], winner: str | None) -> str:
    kinds = {RANDOM_WALK: "walk"} | ({winner: "winner"} if winner else {})
    lines = [
        f'<tr class="{kinds.get(model, "")}"><td>{escape(model)}</td>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in cells(own))
        + "</tr>"
        for model, own in board.standings.items()
    ]
    heads = "".join(f"<th>{escape(head)}</th>" for head in HEADS)
    near = {*drawn_models(board, len(board.standings)), RANDOM_WALK}
    far = [model for model in board.standings if model not in near]
    beyond = f" Too far off to be drawn: {escape(', '.join(far))}." if far else ""
    spa = "too few origins for SPA" if board.spa_p is None else f"SPA p = {board.spa_p:.3f} over all models"
    shown = [
        f'<figure><img alt="{escape(alt)}" src="{source}"><figcaption class="soft">{escape(alt)}{beyond}</figcaption>'
        "</figure>"
        for alt, source in pictures.items()
    ]
    return "\n".join(
        [
            f"<h2>{escape(name)}</h2>",
            f'<p class="soft">{board.targets:,} targets from {board.origins:,} origins; {spa}.</p>',
            f'<div class="wide"><table><tr>{heads}</tr>{"".join(lines)}</table></div>',
            *shown,
        ]
    )


def _of_runs(aligned: Aligned, runs: Sequence[Run]) -> str:
    lines = [
        f"<tr><td><code>{escape(str(run.path))}</code></td><td>{escape(', '.join(models))}</td>"
        f"<td>{run.split or 'unknown'}</td><td>{aligned.left_out[label]:,}</td></tr>"
        for run, label, models in zip(runs, aligned.labels, aligned.of_run, strict=True)
    ]
    heads = "<th>file</th><th>models</th><th>targets</th><th>left out</th>"
    return f'<h2>Runs compared</h2><div class="wide"><table><tr>{heads}</tr>{"".join(lines)}</table></div>'


def _explanation(board: Board) -> str:
    return (
        '<h2>How to read this</h2><p class="soft">Relative errors are parts of the random walk\'s on the same targets; '
        "below 1 is better. DM p is the Diebold-Mariano test of one model alone, two-sided; of many models one is "
        "always below 0.05 by luck. The 90 % model confidence set (Hansen, Lunde and Nason) holds the best model in "
        "nine cases of ten. StepM (Romano and Wolf) and SPA (Hansen) ask whether any model beats the random walk, over "
        f"all of them at once, at 5 %. Stationary bootstrap, {REPETITIONS:,} draws, mean block {board.block} "
        "origins, seeded.</p>"
    )
