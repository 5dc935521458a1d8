"""The standard Student-t distribution, and the standard normal one in the place of infinite degrees of freedom."""

import functools
import math

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

LEAST_FREEDOM = 2.0  # below, there is no variance
USUAL_FREEDOM = 5.0  # of a head that stands on no rung, at numbers of zero
MOST_FREEDOM = 1e4  # of a rung's, which may be infinite: practically normal
_LOG_ROOT_OF_TWO_PI = math.log(2 * math.pi) / 2


def t_log_density(z: Float[Tensor, "*shape"], freedom: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """The log density of the standard Student-t distribution, with gradients to both arguments.

    The ratio of gamma functions comes from its asymptotic series, three steps up the recurrence: ``lgamma`` would lose
    all digits in float32 where there are many degrees of freedom, and is slow. It is exact to 2e-10.

    Args:
        z: finite.
        freedom: degrees of freedom, from 2 on.
    """
    half = freedom / 2
    square = half * (half + 3)
    ratio = (square + 2) / (square + 1.25)
    inverse = 1 / (half + 3)
    second = inverse * inverse
    series = 17 / 14336 + second * (-31 / 18432 + second * (691 / 180224))
    series = inverse * (-1 / 8 + second * (1 / 192 + second * (-1 / 640 + second * series)))
    constant = (ratio * ratio * square / (square + 2.25)).log() / 2 + series - _LOG_ROOT_OF_TWO_PI
    return constant - (half + 0.5) * (z * z / freedom).log1p()


def normal_log_density(z: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """The log density of the standard normal distribution."""
    return z * z * -0.5 - _LOG_ROOT_OF_TWO_PI


def cdf(z: np.ndarray, freedom: np.ndarray | None) -> np.ndarray:
    """The probability of a smaller value, by SciPy; None for the normal distribution."""
    from scipy.special import ndtr, stdtr

    probability: np.ndarray = ndtr(z) if freedom is None else stdtr(freedom, z)
    return probability


def inverse_cdf(levels: np.ndarray, freedom: np.ndarray | None) -> np.ndarray:
    """Quantiles, by SciPy, exactly symmetric; None for the normal distribution."""
    from scipy.special import ndtri, stdtrit

    tails = np.minimum(levels, 1 - levels)
    quantiles = ndtri(tails) if freedom is None else stdtrit(freedom, tails)
    signed: np.ndarray = np.where(levels > 0.5, -quantiles, np.where(levels == 0.5, 0.0, quantiles))
    return signed


def t_quantiles(levels: tuple[float, ...], freedom: Tensor) -> Float[Tensor, "*shape levels"]:
    """Quantiles for each of many degrees of freedom, of which few differ."""
    values, places = torch.unique(freedom, return_inverse=True)
    table = np.array([_t_quantiles(levels, value) for value in values.tolist()])
    return torch.as_tensor(table, dtype=freedom.dtype, device=freedom.device)[places]


@functools.lru_cache(maxsize=4096)
def _t_quantiles(levels: tuple[float, ...], freedom: float) -> np.ndarray:
    return inverse_cdf(np.array(levels), np.array(freedom))
