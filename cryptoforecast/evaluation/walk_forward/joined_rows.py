"""The forecast rows of all fits of a backtest in one table."""

from collections.abc import Sequence

import pandas as pd

from cryptoforecast.evaluation.distribution.quantile_columns import distribution_columns_in, has_distribution
from cryptoforecast.evaluation.metrics import BASELINE_NAMES
from cryptoforecast.evaluation.rows import COLUMNS, SEED
from cryptoforecast.evaluation.walk_forward.ensemble import ensemble_rows


def join_rows(parts: Sequence[tuple[int, pd.DataFrame]], ensemble: bool | None = None) -> pd.DataFrame:
    """One table of the rows of all fits, with a further column ``seed``.

    Baselines and the ladder do not depend on a seed, so their rows stand once a fold, without one.

    Args:
        parts: seeds and forecast rows, the model's first, fold by fold.
        ensemble: whether to add the ensemble of the seeds, without a seed; by default where there are several seeds
            and the model has a distribution.

    Returns:
        Fold by fold the rows of each seed, then those of the ensemble, then those of the baselines.
    """
    joined: list[pd.DataFrame] = []
    for fold in dict.fromkeys(int(rows["fold"].iloc[0]) for _, rows in parts):
        of_fold = [(seed, rows) for seed, rows in parts if int(rows["fold"].iloc[0]) == fold]
        model = str(of_fold[0][1]["model"].iloc[0])
        of_model = [rows[rows["model"] == model] for _, rows in of_fold]
        joined += [rows.assign(**{SEED: seed}) for (seed, _), rows in zip(of_fold, of_model, strict=True)]
        wanted = bool(has_distribution(of_model[0]).all()) if ensemble is None else ensemble
        if wanted and len(of_model) > 1 and model not in BASELINE_NAMES:
            joined.append(ensemble_rows(of_model).assign(**{SEED: None}))
        baselines = of_fold[0][1]
        joined.append(baselines[baselines["model"] != model].assign(**{SEED: None}))
    table = pd.concat([rows.astype({SEED: "Int64"}) for rows in joined], ignore_index=True)
    return table[[*COLUMNS, *distribution_columns_in(table), SEED]]
