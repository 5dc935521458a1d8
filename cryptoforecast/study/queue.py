"""The queue of fits: an engine carries them out, and what is finished is put in its place."""

import shutil
from collections.abc import Callable, Iterable

from cryptoforecast.errors import UserError
from cryptoforecast.study.engines.engine import Ended, Engine
from cryptoforecast.study.fit import Fit, finished


def carry_out(fits: Iterable[Fit], engine: Engine, report: Callable[[Fit, float], None]) -> None:
    """Carry out fits, and put each one's folder in its place when it is finished.

    A fit is taken from ``fits`` only when there is a worker for it. A fit that was interrupted goes on from its last
    checkpoint, to the same bits, or begins anew if it has none.

    Args:
        fits: what to do.
        engine: what carries them out.
        report: told of each finished fit, and how many seconds it took.

    Raises:
        UserError: saying which fit failed, and why; the others that run are ended.
    """
    waiting, running, folders = iter(fits), 0, set()
    with engine:
        while True:
            while running < engine.workers and (fit := next(waiting, None)) is not None:
                for folder in (fit.folder.parent, finished(fit).parent):
                    folder.mkdir(parents=True, exist_ok=True)
                folders.add(fit.folder.parent)
                engine.start(fit)
                running += 1
            if not running:
                break
            for ended in engine.wait():
                running -= 1
                _put_in_place(ended)
                report(ended.fit, ended.seconds)
    for folder in folders:
        shutil.rmtree(folder)


def _put_in_place(ended: Ended) -> None:
    fit = ended.fit
    if ended.failure is not None:
        raise UserError(f"fold {fit.fold.number}, seed {fit.seed}: {ended.failure}")
    shutil.rmtree(finished(fit), ignore_errors=True)  # somebody took the rows out of it
    fit.folder.rename(finished(fit))
