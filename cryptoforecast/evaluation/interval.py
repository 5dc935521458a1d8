"""A bootstrap confidence interval of an RMSE."""

import numpy as np
import pandas as pd

CONFIDENCE = 0.95
MAX_DRAWS, MIN_DRAWS, SEED = 1000, 200, 0  # a fixed seed: the same rows have the same interval
MAX_ERRORS = 5 * 10**7  # in all draws, which limits their number for very long series
MIN_ORIGINS = 10
BLOCK_ERRORS = 10_000  # the last errors, from which the block length is estimated


def rmse_interval(rows: pd.DataFrame) -> tuple[float, float] | None:
    """The 95 % interval of an RMSE, by the stationary bootstrap.

    Large errors come in clusters, so origins are drawn in blocks of random length instead of one by one, the steps of
    an origin together. The mean length of blocks is the optimum of Politis and White (2004, as corrected in 2009) for
    the squared errors, and at least the horizon, since overlapping forecasts have dependent errors. A block may span a
    gap in time, which few blocks do.

    Args:
        rows: forecast rows of one model on one series.

    Returns:
        Lower and upper end, in the series' currency; None for fewer than ten origins or equal errors.

    References:
        Politis and Romano (1994), The Stationary Bootstrap, JASA 89(428), 1303-1313.
    """
    squared = np.square(rows["forecast"] - rows["actual"]).groupby(rows["origin"].to_numpy(), sort=True).mean()
    losses = squared.to_numpy()
    if len(losses) < MIN_ORIGINS or np.ptp(losses) == 0:
        return None
    from arch.bootstrap import StationaryBootstrap

    block = max(_block_length(losses), int(rows["step"].max()))
    draws = int(np.clip(MAX_ERRORS // len(losses), MIN_DRAWS, MAX_DRAWS))
    bootstrap = StationaryBootstrap(block, losses, seed=SEED)
    means = [sample[0].mean() for sample, _ in bootstrap.bootstrap(draws)]
    low, high = np.sqrt(np.quantile(means, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]))
    return float(low), float(high)


def _block_length(losses: np.ndarray) -> int:
    from arch.bootstrap import optimal_block_length

    with np.errstate(divide="ignore", invalid="ignore"):  # with few losses it may find no correlation
        best = optimal_block_length(losses[-BLOCK_ERRORS:] / losses.mean())["stationary"].iloc[0]
    return int(np.clip(np.ceil(best), 1, len(losses) // 2)) if np.isfinite(best) else 1
