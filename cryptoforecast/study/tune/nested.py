"""A search inside each fold of a backtest: by its own validation part, so that nothing of its test part is seen."""

from collections.abc import Sequence

from cryptoforecast.errors import UserError
from cryptoforecast.study.command import make_backtest
from cryptoforecast.study.engines.choose import EngineOptions, make_engine
from cryptoforecast.study.progress import Say
from cryptoforecast.study.tune.searching import Search, search_in, with_objective
from cryptoforecast.study.walk import Walk

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
        dates = [f"--data.{name}={date}" for name, date in fold.settings().items()]
        of_fold = [*words, *dates]
        made = make_backtest(of_fold)
        folder = walk.folder / FOLDER / f"fold_{fold.number}"
        folder.mkdir(parents=True, exist_ok=True)
        heading = (
            f"\nfold {fold.number}: {search.trials} trials on {len(made.datamodule.fold.val):,} validation windows"
        )
        carrier = make_engine(engine, walk.made.loaded, type(made.trainer.accelerator).__name__)
        objective = with_objective(search, made)
        found = search_in(folder, of_fold, made, objective, carrier, say, heading, is_counted=False)
        found.write()
        if found.best is None:
            raise UserError(f"fold {fold.number}: {found.failures()}")
        walk.found[fold.number] = found.best.words
