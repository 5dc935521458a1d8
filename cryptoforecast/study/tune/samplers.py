"""Samplers and pruners of Optuna, by name."""

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from cryptoforecast.errors import UsageError, UserError
from cryptoforecast.formatting import join_names, nearest_of

if TYPE_CHECKING:
    import optuna

SAMPLERS = ("tpe", "random", "gp")
PRUNERS = ("none", "median", "halving")
STARTUP_TRIALS = 10  # drawn at random before a sampler learns from them


def require_optuna() -> None:
    """Check that Optuna is installed.

    Raises:
        UserError: if it is not.
    """
    try:
        import optuna
    except ImportError:
        raise UserError("tune takes Optuna: pip install 'cryptoforecast[tune]'.") from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)


def require_known(option: str, name: str, known: tuple[str, ...]) -> None:
    """Check that a sampler or a pruner exists.

    Raises:
        UsageError: naming the nearest.
    """
    if name not in known:
        raise UsageError(f"--{option} is {name!r}; it is one of {join_names(known)}{nearest_of(name, known)}.")


def make_sampler(name: str, seed: int, order: int) -> "optuna.samplers.BaseSampler":
    """The sampler of one trial.

    Its random numbers depend on the seed and on the trial's place alone, so that a search that was interrupted goes on
    with the trials that it would have had.

    Args:
        name: ``tpe``, ``random`` or ``gp``.
        seed: of the search.
        order: the place of the trial in the search, from 0 on.

    References:
        Bergstra, Bardenet, Bengio and Kégl (2011), Algorithms for Hyper-Parameter Optimization, NeurIPS 24 (tpe).
    """
    import optuna

    mixed = int(np.random.SeedSequence([seed, order]).generate_state(1)[0])
    if name == "random":
        return optuna.samplers.RandomSampler(seed=mixed)
    if name == "gp":
        return optuna.samplers.GPSampler(seed=mixed, n_startup_trials=STARTUP_TRIALS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that these options of Optuna may change
        return optuna.samplers.TPESampler(seed=mixed, n_startup_trials=STARTUP_TRIALS, multivariate=True, group=True)


def make_pruner(name: str) -> "optuna.pruners.BasePruner":
    """The pruner of a name.

    Args:
        name: ``none``; ``median`` ends a trial that is worse than the median of those before it in the same epoch;
            ``halving`` is asynchronous successive halving.

    References:
        Li et al. (2020), A System for Massively Parallel Hyperparameter Tuning, MLSys (halving).
    """
    import optuna

    makers: dict[str, Any] = {
        "none": optuna.pruners.NopPruner,
        "median": optuna.pruners.MedianPruner,
        "halving": optuna.pruners.SuccessiveHalvingPruner,
    }
    pruner: optuna.pruners.BasePruner = makers[name]()
    return pruner
