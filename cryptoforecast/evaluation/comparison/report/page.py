"""A comparison as one HTML file, which embeds its figures and loads nothing from a network."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import pandas as pd

from cryptoforecast._version import __version__
from cryptoforecast.evaluation.comparison.alignment import Aligned, RunRows
from cryptoforecast.evaluation.comparison.board import Board, Comparison
from cryptoforecast.evaluation.comparison.columns import columns_of, say_left_out, say_spa
from cryptoforecast.evaluation.comparison.report.figures import as_data_uri, drawn_models, plot_cumulative, plot_skill
from cryptoforecast.evaluation.comparison.losses import losses_of
from cryptoforecast.evaluation.comparison.superiority import REPETITIONS
from cryptoforecast.evaluation.metrics import RANDOM_WALK
from cryptoforecast.formatting import join_names

TEMPLATE = "page.html"


def page(
    comparison: Comparison,
    aligned: Aligned,
    runs: Sequence[RunRows],
    command: str,
    variants: Sequence[Mapping[str, Any]] = (),
) -> str:
    """The report; names and other texts of the files compared are escaped by the template engine.

    Args:
        comparison: what to report.
        aligned: the rows it was made from.
        runs: the files they came from.
        command: what was typed.
        variants: of a study, a line of a table for each, by heading.
    """
    from jinja2 import Environment, StrictUndefined

    engine = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = engine.from_string(files(__package__).joinpath(TEMPLATE).read_text(encoding="utf-8"))
    several = len(comparison.by_series) > 1
    boards = {"all series, each counting the same": comparison.pooled} if several else {}
    boards |= comparison.by_series
    rows = {series: aligned.rows[aligned.rows["series"] == series] for series in comparison.by_series}
    return template.render(
        names=join_names(comparison.by_series),
        models=len(comparison.pooled.standings),
        targets=f"{comparison.pooled.targets:,}",
        left_out=f"{aligned.total - comparison.pooled.targets:,}",
        tried=comparison.tried.in_words,
        sentence=comparison.sentence,
        boards=[_board(name, board, rows.get(name, aligned.rows), comparison.winner) for name, board in boards.items()],
        left_out_models=say_left_out(comparison.left_out, comparison.pooled.measure),
        by=comparison.pooled.measure.name,
        variants=variants,
        runs=_of_runs(aligned, runs),
        repetitions=f"{REPETITIONS:,}",
        block=comparison.pooled.block,
        command=command,
        version=__version__,
    )


def _pictures(name: str, board: Board, rows: pd.DataFrame) -> dict[str, str]:
    losses, loss = losses_of(rows[rows["model"].isin(board.standings)], board.measure.loss), board.measure.loss_label
    return {
        "Skill of each model with its interval; the line at zero is the random walk.": as_data_uri(
            plot_skill(board, losses, name)
        ),
        f"{loss[0].upper()}{loss[1:]} saved against the random walk, added up over time.": as_data_uri(
            plot_cumulative(board, losses, name)
        ),
    }


def _board(name: str, board: Board, rows: pd.DataFrame, winner: str | None) -> dict[str, Any]:
    """What the template says of one leaderboard."""
    columns = columns_of(board)
    kinds = {RANDOM_WALK: "walk"} | ({winner: "winner"} if winner else {})
    near = {*drawn_models(board, len(board.standings)), RANDOM_WALK}
    return {
        "name": name,
        "targets": f"{board.targets:,}",
        "origins": f"{board.origins:,}",
        "spa": say_spa(board),
        "heads": ["model", *(column.page_head for column in columns)],
        "lines": [
            {"kind": kinds.get(model, ""), "model": model, "cells": [column.cell(standing) for column in columns]}
            for model, standing in board.standings.items()
        ],
        "far": ", ".join(model for model in board.standings if model not in near),
        "pictures": _pictures(name, board, rows),
    }


def _of_runs(aligned: Aligned, runs: Sequence[RunRows]) -> list[dict[str, Any]]:
    return [
        {
            "path": str(run.path),
            "models": ", ".join(models),
            "split": str(run.split or "unknown"),
            "left_out": f"{aligned.left_out[label]:,}",
        }
        for run, label, models in zip(runs, aligned.labels, aligned.of_run, strict=True)
    ]
