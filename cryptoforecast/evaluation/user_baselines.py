"""The user's baselines: models that no gradient trains, which stand in every table beside the framework's."""

from collections.abc import Iterable, Sequence
from typing import Any

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.errors import UserError
from cryptoforecast.formatting import nearest_of
from cryptoforecast.models.baselines import BASELINES, RUNG_MODELS
from cryptoforecast.models.contract.checks import SHARED_SETTINGS
from cryptoforecast.models.contract.estimators import fit_to_training_windows, require_no_gradient
from cryptoforecast.models.contract.fitted import require_fitted
from cryptoforecast.models.contract.learned import is_estimator
from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.recipe.class_paths import ImportPathError, import_named
from cryptoforecast.recipe.jsonargparse_private import import_path
from cryptoforecast.recipe.write import argument_names, class_path
from cryptoforecast.user_code.source_files import source_code_of

OPTION = "judge.baselines"


def make_baselines(given: Iterable[Any], data: CloseDataModule) -> list[Forecaster]:
    """The baselines that are named, with the lengths and the columns of the data.

    Args:
        given: classes, or their import paths, such as ``my_baselines.Momentum``, or ``class_path`` with ``init_args``.
        data: whose closes they are to forecast.

    Returns:
        The baselines. One with a ``fit(x, y)`` is not fitted yet: :func:`fit_baselines` does that.

    Raises:
        UserError: if there is no such class, it has to be trained by gradients, or two have one name.

    >>> from cryptoforecast import Drift, SimulatedSource
    >>> data = CloseDataModule(SimulatedSource(rows=100), context_length=20)
    >>> [type(baseline).__name__ for baseline in make_baselines([Drift], data)]
    ['Drift']
    """
    made: dict[str, Forecaster] = {}
    for item in given:
        arguments = dict(item.get("init_args") or {}) if isinstance(item, dict) else {}
        cls = class_of(item)
        if wrong := [name for name in arguments if name not in argument_names(cls) or name in SHARED_SETTINGS]:
            known = [name for name in argument_names(cls) if name not in SHARED_SETTINGS]
            raise UserError(f"{OPTION}: {cls.__name__} has no option {wrong[0]}{nearest_of(wrong[0], known)}.")
        baseline = cls(**{**_taken_from(data, cls), **arguments})
        if is_estimator(cls):
            require_no_gradient(baseline)
        else:
            require_fitted(baseline, f"{OPTION} takes models that need no training, or have a fit(x, y)")
        if cls.__name__ in made:
            raise UserError(f"{OPTION}: two are called {cls.__name__}; make one a subclass of another name.")
        made[cls.__name__] = baseline
    return list(made.values())


def fit_baselines(baselines: Iterable[Forecaster], data: CloseDataModule) -> None:
    """Fit the baselines that have a ``fit(x, y)`` to the training windows of data, and to no others.

    Args:
        baselines: of a backtest's fold, or of a single split; nothing is done to those without ``fit``.
        data: set up; its borders say which windows are for training.

    Raises:
        UserError: if one cannot be fitted.

    >>> from cryptoforecast import SimulatedSource, SklearnForecaster
    >>> data = CloseDataModule(SimulatedSource(rows=100), context_length=20)
    >>> data.setup("test")
    >>> (ridge,) = make_baselines([SklearnForecaster], data)
    >>> fit_baselines([ridge], data)
    >>> ridge.forecast(data.windows[data.fold.test].context).shape
    torch.Size([10, 1])
    """
    for baseline in baselines:
        if is_estimator(type(baseline)):
            fit_to_training_windows(baseline, data)


def _taken_from(data: CloseDataModule, cls: type[Forecaster]) -> dict[str, Any]:
    """The arguments that a baseline takes from the data; what is known beforehand only where it has a ``fit``."""
    taken = {name: getattr(data, name) for name in SHARED_SETTINGS}
    if is_estimator(cls):
        sources = data.source if isinstance(data.source, list) else [data.source]
        taken |= {"future": data.future, "series_count": len(sources)}
    return taken


def class_of(given: Any) -> type[Forecaster]:
    """The class of a baseline that is given as a class, by its path, or as ``class_path`` with ``init_args``.

    Raises:
        UserError: if there is no such class.
    """
    named = given.get("class_path") if isinstance(given, dict) else given
    try:
        found = import_named(import_path(Forecaster, named)) if isinstance(named, str) else named
    except (ImportPathError, ValueError) as problem:
        raise UserError(f"{OPTION}: {problem}; name a class by its path, such as my_baselines.Momentum.") from None
    if not isinstance(found, type) or not issubclass(found, Forecaster):
        raise UserError(f"{OPTION}: {named} is no class of a Forecaster.")
    return found


def beside(forecaster: Forecaster, baselines: Sequence[Forecaster]) -> list[Forecaster]:
    """The baselines that stand beside a model: those that are not of its class.

    Raises:
        UserError: if a baseline of another class has the name of the model or of a baseline of the framework's.
    """
    known = {cls.__name__: cls for cls in (*BASELINES, *RUNG_MODELS, type(forecaster))}
    for baseline in baselines:
        name = type(baseline).__name__
        if known.get(name, type(baseline)) is not type(baseline):
            raise UserError(f"{OPTION}: {class_path(type(baseline))} has the name of another model; give it its own.")
    return [baseline for baseline in baselines if type(baseline) not in (type(forecaster), *BASELINES)]


def record_of_baselines(baselines: Iterable[Forecaster]) -> dict[str, dict[str, Any]]:
    """The class path and the arguments of each baseline by its name, and the hashes of the user's files behind it."""
    return {
        type(baseline).__name__: {**baseline.record(), "code": source_code_of(baseline).hashes}
        for baseline in baselines
    }
