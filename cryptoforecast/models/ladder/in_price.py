"""The distribution of a rung in prices."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from cryptoforecast.models.ladder.rung import Rung
from cryptoforecast.quantiles import LEVELS


class RungInPrice(NamedTuple):
    """The distributions of the closes of some windows, as a rung says them.

    Attributes:
        quantiles: at the 21 levels, in the currency of the series.
        pit: the probability of a smaller close than the actual one; NaN where that is unknown.
        log_density: of the log change from the last close, at the actual one; NaN where there is none.
    """

    quantiles: Float64[np.ndarray, "windows horizon levels"]
    pit: Float64[np.ndarray, "windows horizon"]
    log_density: Float64[np.ndarray, "windows horizon"]


def in_price(
    rung: Rung,
    state: Float64[np.ndarray, "windows states"],
    last: Float64[np.ndarray, " windows"],
    actual: Float64[np.ndarray, "windows horizon"],
) -> RungInPrice:
    """The distributions of the closes of some windows.

    Args:
        rung: fitted.
        state: what it has reached at the origin of each window.
        last: the last close of each.
        actual: the closes to come; NaN where they are not known.
    """
    change = np.log(actual / last[:, None])
    density = rung.log_density(state, change)
    quantiles = last[:, None, None] * np.exp(rung.quantiles(state, LEVELS))
    unknown = np.full_like(change, np.nan)
    return RungInPrice(quantiles, rung.cdf(state, change), unknown if density is None else density)
