"""The quantiles of Student's t in operations that every format has: Chebyshev series in one over the freedom."""

import functools

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from cryptoforecast.models.heads.standard import LEAST_FREEDOM, inverse_cdf
from cryptoforecast.quantiles import LEVELS, MEDIAN

TERMS = 32  # of the series, which are then within 1e-12 of SciPy


@functools.cache
def coefficients() -> Float64[np.ndarray, "terms levels"]:
    """Chebyshev series of the quantiles at the levels below one half, as functions of ``1 / freedom``.

    They agree with SciPy at the Chebyshev points of the freedoms from 2 to infinity.

    References:
        Trefethen (2019), Approximation Theory and Approximation Practice, extended edition, SIAM, chapters 2 to 4.
    """
    angles = (np.arange(TERMS) + 0.5) * np.pi / TERMS
    inverse = (np.cos(angles) + 1) / 2 / LEAST_FREEDOM
    values = inverse_cdf(np.array(LEVELS[:MEDIAN]), (1 / inverse)[:, None])
    cosines = np.cos(np.outer(np.arange(TERMS), angles))
    found: np.ndarray = 2 / TERMS * cosines @ values
    found[0] /= 2
    return found


def student_t_quantiles(freedom: Float64[Tensor, "batch horizon"]) -> Float64[Tensor, "batch horizon levels"]:
    """The quantiles of standard Student-t distributions at the 21 levels, exactly symmetric.

    Args:
        freedom: degrees of freedom, at least 2.
    """
    rows = torch.from_numpy(coefficients()).unbind(0)
    place = (2 * LEAST_FREEDOM / freedom - 1).unsqueeze(-1)  # from -1 at infinity to 1 at 2
    following, after = torch.zeros_like(place), torch.zeros_like(place)
    for row in rows[:0:-1]:  # Clenshaw's recurrence
        following, after = row + 2 * place * following - after, following
    below = rows[0] + place * following - after
    return torch.cat([below, torch.zeros_like(place), -below.flip(-1)], dim=-1)
