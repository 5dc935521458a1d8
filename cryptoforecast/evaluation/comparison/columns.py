"""The columns of a leaderboard in words, for the terminal and for the page."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from cryptoforecast.evaluation.comparison.board import Board, Standing
from cryptoforecast.evaluation.comparison.measures import CRPS, QLIKE, Measure
from cryptoforecast.formatting import format_number, format_p_value, format_price, p_value_cell

NONE = "–"


class Column(NamedTuple):
    """A column: its head in the terminal and on the page, and its cell in a model's line."""

    head: str
    page_head: str
    cell: Callable[[Standing], str]


def columns_of(board: Board) -> list[Column]:
    """The columns of a leaderboard beside the model's name; of several series pooled, none in price."""
    first = next(iter(board.standings.values()))
    prices = [Column("RMSE", "RMSE", _price("rmse")), Column("MAE", "MAE", _price("mae"))]
    prices = prices if any(standing["rmse"] is not None for standing in board.standings.values()) else []
    rmse = Column("rel. RMSE", "relative RMSE", _number("relative_rmse"))
    mae = Column("rel. MAE", "relative MAE", _number("relative_mae"))
    crps = Column("rel. CRPS", "relative CRPS", _number("relative_crps"))
    qlike = Column("rel. QLIKE", "relative QLIKE", _number("relative_qlike"))
    logs = Column("MSE of logs", "mean squared error of logs", _number("log_mse"))
    if board.measure is CRPS:
        shown = [Column("CRPS %", "CRPS, % of log change", _number("crps")), crps, rmse]
    elif board.measure is QLIKE:
        shown = [Column("QLIKE", "QLIKE", _number("qlike")), qlike, logs, rmse]
    else:
        further = [*([crps] if "crps" in first else []), *([qlike] if "qlike" in first else [])]
        shown = [*(prices[:1] if "qlike" in first else prices), rmse, mae, *further]
    if any("spread" in standing for standing in board.standings.values()):
        shown.append(Column("± seeds", "± over seeds", _spread))
    of_user = [Column(name, name, _metric(name)) for name in first.get("metrics", {})]
    return [
        *shown,
        *of_user,
        Column("DM p", "DM p", lambda standing: p_value_cell(standing["dm_p"], NONE)),
        Column("in MCS", "in 90 % confidence set", _answer("in_confidence_set")),
        Column("better", "better (StepM)", _answer("better")),
    ]


def say_spa(board: Board) -> str:
    """The p-value of no model at all being better than the random walk, in words; of several rungs, that of each."""
    if board.spa_p is None:
        return "too few origins for SPA"
    if len(board.rungs) == 1:
        return f"SPA over all models: {format_p_value(board.spa_p)}"
    against = [
        f"{rung} {format_p_value(superior.spa_p)}"
        for rung, superior in board.rungs.items()
        if superior.spa_p is not None
    ]
    return f"SPA over all models, against {', '.join(against)}"


def say_left_out(models: Sequence[str], measure: Measure) -> str:
    """Which models cannot be ranked by a measure, and why, as a sentence; empty if none is left out."""
    if not models:
        return ""
    has = "it has" if len(models) == 1 else "they have"
    return f"left out, for {has} {measure.lacks}: {', '.join(models)}"


def _price(name: str) -> Callable[[Standing], str]:
    return lambda standing: NONE if (value := _value(standing, name)) is None else format_price(value)


def _number(name: str) -> Callable[[Standing], str]:
    return lambda standing: NONE if (value := _value(standing, name)) is None else format_number(value, ".4f")


def _spread(standing: Standing) -> str:
    """The standard deviation over the seeds, in the units of the relative measure that ranks."""
    return NONE if (spread := standing.get("spread")) is None else format_number(spread["std"], ".4f")


def _metric(name: str) -> Callable[[Standing], str]:
    return lambda standing: NONE if (value := standing["metrics"][name]) is None else format_number(value, ".4g")


def _answer(name: str) -> Callable[[Standing], str]:
    return lambda standing: NONE if (value := _value(standing, name)) is None else "yes" if value else "no"


def _value(standing: Standing, name: str) -> Any:
    return standing.get(name)
