"""The queue of fits: an engine carries them out, and what is finished is put in its place."""

import shutil
from collections.abc import Iterable
from typing import Protocol

from cryptoforecast.study.engines.engine import Ended, Engine, Reported
from cryptoforecast.study.fit import SECONDS, Fit, finished


class Report(Protocol):
    """Is told what becomes of the fits in a queue."""

    def started(self, fit: Fit) -> None:
        """A fit was given to the engine."""

    def ended(self, ended: Ended) -> None:
        """A fit is finished, and its folder in its place; or it has failed."""

    def goes_on(self, reported: Reported) -> bool:
        """Whether a trial goes on that has told its values."""


def carry_out(fits: Iterable[Fit], engine: Engine, report: Report) -> list[Ended]:
    """Carry out fits, and put each one's folder in its place when it is finished.

    A fit is taken from ``fits`` only when there is a worker for it. A fit that was interrupted goes on from its last
    checkpoint, to the same bits, or begins anew if it has none. Where a fit fails, the others go on.

    Args:
        fits: what to do.
        engine: what carries them out.
        report: told of each fit that starts or ends.

    Returns:
        The fits that failed.
    """
    waiting, running, folders, failed = iter(fits), 0, set(), list[Ended]()
    with engine:
        while True:
            while running < engine.workers and (fit := next(waiting, None)) is not None:
                for folder in (fit.folder.parent, finished(fit).parent):
                    folder.mkdir(parents=True, exist_ok=True)
                folders.add(fit.folder.parent)
                engine.start(fit)
                report.started(fit)
                running += 1
            if not running:
                break
            for ended in engine.wait():
                if isinstance(ended, Reported):
                    engine.answer(ended.fit, report.goes_on(ended))
                    continue
                running -= 1
                if ended.failure is None:
                    _put_in_place(ended)
                else:
                    failed.append(ended)
                report.ended(ended)
    for folder in folders - {ended.fit.folder.parent for ended in failed}:  # logs of those that failed stay
        shutil.rmtree(folder)
    return failed


def _put_in_place(ended: Ended) -> None:
    fit = ended.fit
    (fit.folder / SECONDS).write_text(f"{ended.seconds:.2f}\n", encoding="utf-8")
    shutil.rmtree(finished(fit), ignore_errors=True)  # somebody took the rows out of it
    fit.folder.rename(finished(fit))
