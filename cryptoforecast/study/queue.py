"""The queue of fits: an engine carries them out, and what is finished is put in its place."""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
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
        fits: what to do. Of a sequence the next fit starts before the report of the last, as reading its rows takes a
            tenth of a small fit; of an iterator after it, for what comes next may depend on it.
        engine: what carries them out.
        report: told of each fit that starts or ends.

    Returns:
        The fits that failed.
    """
    queue = _Queue(iter(fits), engine, report)
    with engine:
        queue.start_next()
        while queue.running:
            ended = queue.wait()
            if isinstance(fits, Sequence):
                queue.start_next()
            for item in ended:
                report.ended(item)
            queue.start_next()
    for folder in queue.folders - {item.fit.folder.parent for item in queue.failed}:  # logs of those that failed stay
        shutil.rmtree(folder)
    return queue.failed


class _Queue:
    """What waits, what runs, what has failed, and the folders in which it ran."""

    def __init__(self, waiting: Iterator[Fit], engine: Engine, report: Report) -> None:
        self._waiting, self._engine, self._report = waiting, engine, report
        self.running, self.failed, self.folders = 0, list[Ended](), set[Path]()

    def start_next(self) -> None:
        """Give each free worker a fit."""
        for fit in islice(self._waiting, self._engine.workers - self.running):
            for folder in (fit.folder.parent, finished(fit).parent):
                folder.mkdir(parents=True, exist_ok=True)
            self.folders.add(fit.folder.parent)
            self._engine.start(fit)
            self._report.started(fit)
            self.running += 1

    def wait(self) -> list[Ended]:
        """The fits that have ended since, in their places; none where trials had values to tell alone."""
        ended = list[Ended]()
        for news in self._engine.wait():
            if isinstance(news, Reported):
                self._engine.answer(news.fit, self._report.goes_on(news))
                continue
            ended.append(news)
            self.running -= 1
            if news.failure is None:
                _put_in_place(news)
            else:
                self.failed.append(news)
        return ended


def _put_in_place(ended: Ended) -> None:
    fit = ended.fit
    (fit.folder / SECONDS).write_text(f"{ended.seconds:.2f}\n", encoding="utf-8")
    shutil.rmtree(finished(fit), ignore_errors=True)  # somebody took the rows out of it
    fit.folder.rename(finished(fit))
