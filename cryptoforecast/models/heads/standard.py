"""The standard Student-t distribution, and the standard normal one in the place of infinite degrees of freedom."""

import functools
import math
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from cryptoforecast.models.heads.prediction import to_array

LEAST_FREEDOM = 2.0  # below, there is no variance
USUAL_FREEDOM = 5.0  # of a head that stands on no rung, at numbers of zero
MOST_FREEDOM = 1e4  # of a rung's, which may be infinite: practically normal
_LOG_ROOT_OF_TWO_PI = math.log(2 * math.pi) / 2


def t_log_density(z: Float[Tensor, "*shape"], freedom: Float[Tensor, "*#shape"]) -> Float[Tensor, "*shape"]:
    """The log density of the standard Student-t distribution, with gradients to both arguments."""
    density: Tensor = _TLogDensity.apply(z, freedom.expand_as(z))  # type: ignore[no-untyped-call]
    return density


def t_slopes(z: np.ndarray, freedom: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The log density of the standard Student-t distribution, and its derivatives by value and degrees of freedom.

    In float64, as float32 loses all digits of the gamma functions where there are many degrees of freedom; and by
    SciPy, as a graph of torch's operations on so few numbers takes ten times as long.
    """
    from scipy.special import gammaln, psi

    half = freedom / 2
    weighted = z / freedom
    share = z * weighted
    log_share = np.log1p(share)
    density = gammaln(half + 0.5) - gammaln(half) - np.log(math.pi * freedom) / 2 - (half + 0.5) * log_share
    to_z = weighted * (freedom + 1) / (-1 - share)
    to_freedom = (psi(half + 0.5) - psi(half) - 1 / freedom - log_share - weighted * to_z) / 2
    return density, to_z, to_freedom


class _TLogDensity(torch.autograd.Function):
    """The log density, whose gradients are computed with it."""

    @staticmethod
    def forward(ctx: Any, z: Tensor, freedom: Tensor) -> Tensor:
        parts = t_slopes(to_array(z), to_array(freedom))
        density, *slopes = (torch.as_tensor(part, dtype=z.dtype, device=z.device) for part in parts)
        ctx.save_for_backward(*slopes)
        return density

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None]:
        needed = zip(ctx.saved_tensors, ctx.needs_input_grad, strict=True)
        to_z, to_freedom = (gradient * slope if wanted else None for slope, wanted in needed)
        return to_z, to_freedom


def normal_log_density(z: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """The log density of the standard normal distribution."""
    return z * z * -0.5 - _LOG_ROOT_OF_TWO_PI


def cdf(z: np.ndarray, freedom: np.ndarray | None) -> np.ndarray:
    """The probability of a smaller value, by SciPy; None for the normal distribution."""
    from scipy.special import ndtr, stdtr

    probability: np.ndarray = ndtr(z) if freedom is None else stdtr(freedom, z)
    return probability


def inverse_cdf(levels: np.ndarray, freedom: np.ndarray | None) -> np.ndarray:
    """Quantiles, by SciPy, exactly symmetric.

    Args:
        levels: the probabilities, one dimension.
        freedom: degrees of freedom, with a last dimension of length one; None for the normal distribution.
    """
    from scipy.special import ndtri, stdtrit

    tails, places = np.unique(np.minimum(levels, 1 - levels).round(15), return_inverse=True)  # each once: it is slow
    quantiles = (ndtri(tails) if freedom is None else stdtrit(freedom, tails))[..., places]
    signed: np.ndarray = np.where(levels > 0.5, -quantiles, np.where(levels == 0.5, 0.0, quantiles))
    return signed


def t_quantiles(levels: tuple[float, ...], freedom: Tensor) -> Float[Tensor, "*shape levels"]:
    """Quantiles for each of many degrees of freedom, of which few differ."""
    values, places = torch.unique(freedom, return_inverse=True)
    table = np.array([_t_quantiles(levels, value) for value in values.tolist()])
    return torch.as_tensor(table, dtype=freedom.dtype, device=freedom.device)[places]


@functools.lru_cache(maxsize=4096)
def _t_quantiles(levels: tuple[float, ...], freedom: float) -> np.ndarray:
    return inverse_cdf(np.array(levels), np.array([freedom]))
