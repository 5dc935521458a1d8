"""The second leaderboard of a comparison whose models can be ranked both by points and by distributions."""

import pandas as pd

from cryptoforecast.evaluation.comparison.board import Board, Comparison, board_of
from cryptoforecast.evaluation.comparison.measures import CRPS, SQUARED, is_baseline, models_to_rank


def second_board(comparison: Comparison, rows: pd.DataFrame) -> Board | None:
    """The leaderboard of all series together by RMSE where CRPS ranks the first, and by CRPS where RMSE does.

    Nothing is claimed by it. It is None if all models are baselines, if the first ranks volatilities by QLIKE, or if
    the first is by RMSE and a model that is no baseline has no distribution.

    Args:
        comparison: with the first leaderboard.
        rows: of all models, as they were compared.
    """
    first = comparison.pooled
    variants = [standing for model, standing in first.standings.items() if not is_baseline(model)]
    if not variants or first.measure not in (SQUARED, CRPS):
        return None
    if first.measure is SQUARED and any(standing.get("crps") is None for standing in variants):
        return None
    measure = SQUARED if first.measure is CRPS else CRPS
    ranked, _ = models_to_rank(rows, measure)
    return board_of(ranked, comparison.repetitions, measure, {})
