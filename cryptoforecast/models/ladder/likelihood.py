"""Student-t distributions fitted by maximum likelihood, whose log scale is linear in some features."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from cryptoforecast.models.ladder.rung import CannotFit

LEAST_FREEDOM, MOST_FREEDOM = 2.05, 500.0  # as in arch; below two there is no variance, and 500 is practically normal
LEAST_SCALE = 0.01  # over the median size: where changes stand still, the likelihood would have no maximum
FLAT = 1e-4  # of the gradient of a mean, at a maximum
EDGE = 1e-6  # above the log of the least scale


class StudentTScale(NamedTuple):
    """A Student-t distribution whose log scale is linear in some features.

    Attributes:
        location: where it is centred.
        freedom: its degrees of freedom.
        intercept: of the log scale.
        slopes: of the log scale, one for each feature.
        least: the log scale is never below.
    """

    location: float
    freedom: float
    intercept: float
    slopes: list[float]
    least: float

    def log_scale(self, features: Float64[np.ndarray, "values features"]) -> Float64[np.ndarray, " values"]:
        """The log scale at some features."""
        linear = np.full(len(features), self.intercept)
        for slope, feature in zip(self.slopes, features.T, strict=True):  # a matrix product would round by batch size
            linear += slope * feature
        log_scale: np.ndarray = np.maximum(linear, self.least)
        return log_scale


def fit_student_t(
    values: Float64[np.ndarray, " values"], features: Float64[np.ndarray, "values features"]
) -> StudentTScale:
    """The Student-t distribution of the highest likelihood, its log scale linear in the features.

    Args:
        values: independent given the features.
        features: of each value; without columns, the scale is constant.

    Raises:
        CannotFit: if all values are zero, or the search finds no maximum.

    >>> values = np.random.default_rng(0).standard_t(4.0, 5000) * 3.0
    >>> fitted = fit_student_t(values, np.empty((5000, 0)))
    >>> round(fitted.freedom), round(float(np.exp(fitted.intercept)))
    (4, 3)
    """
    from scipy.optimize import minimize

    if not values.any():
        raise CannotFit("its training changes are all zero")
    unit = float(np.median(np.abs(values[values != 0])))
    centre, spread = features.mean(axis=0), features.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    design = np.vstack([np.ones(len(values)), ((features - centre) / spread).T])
    start = np.zeros(2 + len(design))
    start[1] = np.log(5.0)
    bounds = [(None, None), (np.log(LEAST_FREEDOM), np.log(MOST_FREEDOM))]
    found = minimize(
        mean_loss,
        start,
        (values / unit, design),
        method="L-BFGS-B",
        jac=True,
        bounds=bounds + [(None, None)] * len(design),
        options={"ftol": 1e-13, "gtol": 1e-7, "maxiter": 500},
    )
    slope_of_loss = np.delete(found.jac, 1)  # without that of the degrees of freedom, which may lie at a bound
    # Where some scale is at its least, the likelihood has an edge: a search that ends on it finds no flat place there.
    on_edge = ((found.x[2:, None] * design).sum(axis=0) < np.log(LEAST_SCALE) + EDGE).any()
    is_maximum = found.success or on_edge or np.abs(slope_of_loss).max() < FLAT
    if not np.isfinite(found.x).all() or not is_maximum:
        raise CannotFit("the search for the highest likelihood does not converge")
    slopes = found.x[3:] / spread
    intercept = found.x[2] + np.log(unit) - slopes @ centre
    location, freedom = found.x[0] * unit, np.exp(found.x[1])
    least = np.log(LEAST_SCALE * unit)
    return StudentTScale(float(location), float(freedom), float(intercept), slopes.tolist(), float(least))


def mean_loss(
    parameters: Float64[np.ndarray, " parameters"],
    values: Float64[np.ndarray, " values"],
    design: Float64[np.ndarray, "features values"],
) -> tuple[float, Float64[np.ndarray, " parameters"]]:
    """The mean negative log-likelihood, and its gradient.

    Sums are NumPy's own: matrix products of a BLAS would round by its number of threads.

    Args:
        parameters: the location, the log of the degrees of freedom, then the slope of the log scale in each feature.
        values: the observed ones, whose median size is one.
        design: what the log scale is linear in, the constant included.
    """
    from scipy.special import digamma, gammaln

    location, freedom = parameters[0], np.exp(parameters[1])
    linear = (parameters[2:, None] * design).sum(axis=0)
    log_scale = np.maximum(linear, np.log(LEAST_SCALE))
    residual = (values - location) * np.exp(-log_scale)
    square = np.square(residual)
    tail = np.log1p(square / freedom)
    constant = gammaln((freedom + 1) / 2) - gammaln(freedom / 2) - np.log(freedom * np.pi) / 2
    loss = -constant + float(np.mean(log_scale + (freedom + 1) / 2 * tail))
    pull = (freedom + 1) / (freedom + square)  # the weight of each value
    by_freedom = (digamma((freedom + 1) / 2) - digamma(freedom / 2) - 1 / freedom) / 2
    by_freedom -= float(np.mean(tail / 2 - pull * square / (2 * freedom)))
    gradient = [-np.mean(pull * residual * np.exp(-log_scale)), -by_freedom * freedom]
    by_scale = np.where(linear > log_scale - 1e-12, 1 - pull * square, 0.0)
    return loss, np.concatenate([gradient, (by_scale * design).mean(axis=1)])


def t_log_density(
    values: Float64[np.ndarray, "*shape"],
    location: Float64[np.ndarray, "*shape"],
    log_scale: Float64[np.ndarray, "*shape"],
    freedom: Float64[np.ndarray, "*shape"],
) -> Float64[np.ndarray, "*shape"]:
    """The log density of Student-t distributions."""
    from scipy.special import gammaln

    square = np.square((values - location) * np.exp(-log_scale))
    constant = gammaln((freedom + 1) / 2) - gammaln(freedom / 2) - np.log(freedom * np.pi) / 2
    density: np.ndarray = constant - log_scale - (freedom + 1) / 2 * np.log1p(square / freedom)
    return density
