"""How far an RMSE would have been off on other days of the same kind."""

import numpy as np
import pandas as pd

LEVEL = 0.95
DRAWS, SEED = 1000, 0  # the same rows give the same interval
MOST_ERRORS = 5 * 10**7  # drawn in all; of very long series, fewer samples do
FEWEST_DRAWS, FEWEST_ORIGINS = 200, 10
ENOUGH = 10_000  # errors to tell the length of a block by


def rmse_interval(rows: pd.DataFrame) -> tuple[float, float] | None:
    """The 95 % interval of an RMSE, by the stationary bootstrap.

    A wild week makes errors large on days in a row, so days are drawn not one by one but in blocks of random length.
    Their mean length is what Politis and White (2004, as corrected in 2009) find best for the squared errors, and
    at least the horizon, since forecasts that overlap err together. An origin's steps are drawn together. A block may
    run over a hole in time: it is two shorter ones then, and few blocks do.

    Args:
        rows: forecast rows of one model on one series.

    Returns:
        Its lower and upper end, in the series' currency; None of fewer than ten origins, or of errors that are all
        the same.

    References:
        Politis and Romano (1994), The Stationary Bootstrap, JASA 89(428), 1303-1313.
    """
    squared = np.square(rows["forecast"] - rows["actual"]).groupby(rows["origin"].to_numpy(), sort=True).mean()
    losses = squared.to_numpy()
    if len(losses) < FEWEST_ORIGINS or np.ptp(losses) == 0:
        return None
    from arch.bootstrap import StationaryBootstrap

    block = max(_block_length(losses), int(rows["step"].max()))
    draws = int(np.clip(MOST_ERRORS // len(losses), FEWEST_DRAWS, DRAWS))
    bootstrap = StationaryBootstrap(block, losses, seed=SEED)
    means = [sample[0].mean() for sample, _ in bootstrap.bootstrap(draws)]
    low, high = np.sqrt(np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]))
    return float(low), float(high)


def _block_length(losses: np.ndarray) -> int:
    from arch.bootstrap import optimal_block_length

    with np.errstate(divide="ignore", invalid="ignore"):  # of ten losses it may find no correlation to go by
        best = optimal_block_length(losses[-ENOUGH:] / losses.mean())["stationary"].iloc[0]
    return int(np.clip(np.ceil(best), 1, len(losses) // 2)) if np.isfinite(best) else 1
