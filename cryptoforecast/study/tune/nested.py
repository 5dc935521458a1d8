"""A search inside each fold of a backtest: by its own validation part, so that nothing of its test part is seen."""

from collections.abc import Mapping, Sequence
from typing import Any

from cryptoforecast.errors import UsageError, UserError
from cryptoforecast.models.contract.answers import says_distribution
from cryptoforecast.study.command import make_backtest
from cryptoforecast.study.engines.choose import EngineOptions, make_engine
from cryptoforecast.study.engines.engine import Engine
from cryptoforecast.study.folds import FoldDates
from cryptoforecast.study.progress import Say
from cryptoforecast.study.tune.result import written
from cryptoforecast.study.tune.searching import Search, require_pruner, search_in, try_corners, with_objective
from cryptoforecast.study.walk import Found, Walk

START = "data.start"
FOLDER = "search"  # in that of the backtest, with a folder for each fold


def search_folds(walk: Walk, words: Sequence[str], search: Search, engine: EngineOptions, say: Say) -> None:
    """Search in each fold, and let its fits have what was found best.

    The search of a fold is a part of what is backtested, so its trials are no tries in the ledger: of all of them
    together, one forecast of each target is judged.

    Args:
        walk: of the backtest; it has begun.
        words: the options of ``fit``.
        search: what is searched, and how.
        engine: what carries out the fits.
        say: prints a line.

    Raises:
        UserError: if all trials of a fold fail.
    """
    for fold in walk.folds:
        of_fold = [*words, *_dates_of(fold)]
        made = make_backtest(of_fold)
        folder = walk.folder / FOLDER / f"fold_{fold.number}"
        folder.mkdir(parents=True, exist_ok=True)
        heading = (
            f"\nfold {fold.number}: {search.trials} trials on {len(made.datamodule.fold.val):,} validation windows"
        )
        found = search_in(
            folder, of_fold, made, with_objective(search, made), _engine(walk, engine), say, heading, is_counted=False
        )
        found.write()
        if found.best is None:
            raise UserError(f"fold {fold.number}: {found.failures()}")
        walk.found[fold.number] = Found(
            found.best.parameters, found.best.words, make_backtest([*words, *found.best.words])
        )


def check_search(walk: Walk, words: Sequence[str], search: Search, engine: EngineOptions) -> None:
    """Let the parser try the ends of all ranges and every choice in the first fold, which has the fewest closes.

    Args:
        walk: of the backtest.
        words: the options of ``fit``.
        search: what is searched.
        engine: what carries out the fits.

    Raises:
        UserError: naming the options that are refused, or whose forecasts cannot stand beside those of other folds.
    """
    if START in search.space:
        raise UsageError(f"{START} cannot be searched inside folds: each fold says when it starts.")
    require_pruner(search, _engine(walk, engine))
    name, says = type(walk.made.model).__name__, says_distribution(walk.made.model)
    for corner, made in try_corners([*words, *_dates_of(walk.folds[0])], search):
        if (chosen := type(made.model).__name__) != name:
            raise UsageError(
                f"search, with {corner}: would fit {chosen} in place of {name}; the forecasts of all folds stand under "
                "one name, so that inside folds no other class of model can be chosen."
            )
        if says_distribution(made.model) != says:
            raise UsageError(
                f"search, with {corner}: inside folds either every choice forecasts a distribution or none does; "
                f"{name} as configured {'does not' if says is False else 'does'}."
            )


def say_found(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A line for each fold, with what was found best in it.

    >>> say_found({"0": {"model.dropout": 0.25, "data.context_length": 20}})
    ['fold 0: model.dropout 0.25, data.context_length 20']
    """
    return [
        f"fold {number}: " + ", ".join(f"{name} {written(value)}" for name, value in best.items())
        for number, best in found.items()
    ]


def _engine(walk: Walk, options: EngineOptions) -> Engine:
    return make_engine(options, walk.made.loaded, type(walk.made.trainer.accelerator).__name__)


def _dates_of(fold: FoldDates) -> list[str]:
    return [f"--data.{name}={date}" for name, date in fold.settings().items()]
