"""A comparison as one HTML file, which embeds its figures and loads nothing from a network."""

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import pandas as pd

from cryptoforecast._version import __version__
from cryptoforecast.evaluation.comparison.alignment import Aligned, RunRows
from cryptoforecast.evaluation.comparison.board import Board, Comparison
from cryptoforecast.evaluation.comparison.columns import columns_of, say_left_out, say_spa
from cryptoforecast.evaluation.comparison.losses import losses_of
from cryptoforecast.evaluation.comparison.measures import is_baseline
from cryptoforecast.evaluation.comparison.report.figures import as_data_uri, drawn_models, plot_cumulative, plot_skill
from cryptoforecast.evaluation.comparison.report.provenance import PREFIX, provenance_of
from cryptoforecast.evaluation.comparison.report.sections import calibration_section, cost_section, fold_sections
from cryptoforecast.evaluation.comparison.report.variants import Variant, skills_by, table_of_variants
from cryptoforecast.evaluation.metrics import RANDOM_WALK
from cryptoforecast.formatting import count_of, join_names

TEMPLATE = "page.html"
ALL_SERIES = "All series, each counting the same"


def page(
    comparison: Comparison,
    aligned: Aligned,
    runs: Sequence[RunRows],
    command: str,
    variants: Sequence[Variant] = (),
    second: Board | None = None,
) -> str:
    """The report; names and other texts of the files compared are escaped by the template engine.

    Args:
        comparison: what to report.
        aligned: the rows it was made from.
        runs: the files they came from.
        command: what was typed.
        variants: of a study.
        second: the leaderboard by the second measure.
    """
    from jinja2 import Environment, StrictUndefined

    engine = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = engine.from_string(files(__package__).joinpath(TEMPLATE).read_text(encoding="utf-8"))
    pooled, names = comparison.pooled, join_names(comparison.by_series)
    boards = [pooled] if second is None else [pooled, second]
    judged = [variant.name for variant in variants] or [model for model in pooled.standings if not is_baseline(model)]
    best_first = [model for model in pooled.standings if model in judged]
    skills = skills_by(boards, aligned.rows)
    times = aligned.rows["timestamp"]
    return template.render(
        title=f"{count_of(len(variants), 'variant')} on {names}" if variants else names,
        models=len(pooled.standings),
        targets=f"{pooled.targets:,}",
        left_out=f"{aligned.total - pooled.targets:,}",
        first=f"{times.min():%Y-%m-%d}",
        last=f"{times.max():%Y-%m-%d}",
        tried=comparison.tried.in_words,
        sentence=comparison.sentence,
        failed=[variant for variant in variants if variant.failure],
        boards=[_board(_heading(board, comparison, second), board, aligned.rows, comparison) for board in boards],
        of_series=_of_series(comparison, aligned.rows),
        left_out_models=say_left_out(comparison.left_out, pooled.measure),
        by=pooled.measure.name,
        variants=table_of_variants(variants, skills) if variants else {},
        costs=cost_section(variants, skills),
        over_folds=fold_sections(boards, best_first, aligned.rows),
        calibration=calibration_section(pooled, best_first, aligned.rows),
        provenance=provenance_of(aligned, runs),
        runs=_of_runs(aligned, runs),
        repetitions=f"{comparison.repetitions:,}",
        block=pooled.block,
        command=command,
        version=__version__,
    )


def _heading(board: Board, comparison: Comparison, second: Board | None) -> str:
    """The heading of a leaderboard; it names the measure where there are two."""
    name = ALL_SERIES if len(comparison.by_series) > 1 else join_names(comparison.by_series)
    return name if second is None else f"{name}: ranked by {board.measure.label}"


def _of_series(comparison: Comparison, rows: pd.DataFrame) -> list[dict[str, Any]]:
    """The leaderboards of each of several series."""
    if len(comparison.by_series) < 2:
        return []
    of_series = {series: rows[rows["series"] == series] for series in comparison.by_series}
    return [_board(name, board, of_series[name], comparison) for name, board in comparison.by_series.items()]


def _pictures(title: str, board: Board, rows: pd.DataFrame) -> dict[str, str]:
    losses, loss = losses_of(rows[rows["model"].isin(board.standings)], board.measure.loss), board.measure.loss_label
    return {
        "Skill of each model with its interval; the line at zero is the random walk.": as_data_uri(
            plot_skill(board, losses, title)
        ),
        f"{loss[0].upper()}{loss[1:]} saved against the random walk, added up over time.": as_data_uri(
            plot_cumulative(board, losses, title)
        ),
    }


def _board(name: str, board: Board, rows: pd.DataFrame, comparison: Comparison) -> dict[str, Any]:
    """What the template says of one leaderboard."""
    several = rows["series"].nunique() > 1
    columns = columns_of(board)
    winner = comparison.winner if board.measure is comparison.pooled.measure else None  # by which it is claimed
    kinds = {RANDOM_WALK: "walk"} | ({winner: "winner"} if winner else {})
    near = {*drawn_models(board, len(board.standings)), RANDOM_WALK}
    return {
        "name": name,
        "measure": board.measure.label,
        "targets": f"{board.targets:,}",
        "origins": f"{board.origins:,}",
        "spa": say_spa(board),
        "heads": ["model", *(column.page_head for column in columns)],
        "lines": [
            {"kind": kinds.get(model, ""), "model": model, "cells": [column.cell(standing) for column in columns]}
            for model, standing in board.standings.items()
        ],
        "far": ", ".join(model for model in board.standings if model not in near),
        "pictures": _pictures("All series" if several else str(rows["series"].iloc[0]), board, rows),
    }


def _of_runs(aligned: Aligned, runs: Sequence[RunRows]) -> list[dict[str, Any]]:
    return [
        {
            "path": str(run.path),
            "sha256": run.sha256[:PREFIX],
            "models": ", ".join(models),
            "split": str(run.split or "unknown"),
            "left_out": f"{aligned.left_out[label]:,}",
        }
        for run, label, models in zip(runs, aligned.labels, aligned.of_run, strict=True)
    ]
